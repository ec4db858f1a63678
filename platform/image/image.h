#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "platform/base/error.h"
#include "platform/base/time.h"

/// Photos as pixels. Their bytes come from cameras and colleagues, so the program never decodes them itself: a process of its own
/// does, which holds no secret and may do nothing but read them and write pixels.
namespace doorstep::image {

struct Pixels {
  int width = 0, height = 0;
  std::string rgba;    ///< row by row from the top, four bytes each
  bool place = false;  ///< its EXIF says where it was taken
};

/// A JPEG or PNG, the way up its EXIF says, made smaller by a whole factor until neither side is longer than `longest`.
/// Invalid: it cannot be decoded. Full: more than limits::kPicturePixels.
base::Result<Pixels> decode(std::string_view bytes, int longest);

/// decode() by `program`, a process that is killed after `limit`. Faults as decode(); Invalid also when it died of the bytes, or was
/// killed; Io: it could not be started, or not be confined.
base::Result<Pixels> decode_apart(const std::filesystem::path& program, std::string_view bytes, int longest, base::Millis limit);

/// From here on this process can read and write what is open, use limits::kPictureMemory and end; any other system call kills it.
/// False: the system does not take that away. Under a sanitizer nothing is.
bool confine();

/// The whole of that process: reads one picture from descriptor 0 and writes what became of it to 1. Returns its exit code.
int serve_one();

}  // namespace doorstep::image
