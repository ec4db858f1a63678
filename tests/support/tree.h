#pragma once
#include <filesystem>
#include <string>

/// Where this checkout and what was built of it lie. tree.cpp alone is compiled with these paths: every other test is the same in any
/// folder, so that a compiler's cache serves a fresh clone too.
namespace doorstep::support {

std::filesystem::path tree(const std::string& inside = {});    ///< the checkout
std::filesystem::path assets(const std::string& inside = {});  ///< its assets
std::filesystem::path bin(const std::string& inside = {});     ///< the programs built of it
std::filesystem::path fonts();                                 ///< the typefaces beside them

}  // namespace doorstep::support
