#pragma once
#include <string>

namespace doorstep::config {

/// Whose tablets and whose server: the same in both files.
struct Council {
  std::string id;    ///< lower-case letters, digits, hyphens
  std::string name;  ///< as people say it
};

}  // namespace doorstep::config
