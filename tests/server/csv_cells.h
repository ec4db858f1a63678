#pragma once
#include <string>
#include <vector>

namespace doorstep::tests {

/// Text that spreadsheets, CSV, HTML or Unicode tools are known to spoil.
inline const std::vector<std::string> kHardCells = {
    "=2+2", "+44 121", "-1", "@sum", "'quoted", "''", "\ttab", "\rreturn", "\nline", "a,b", "say \"hi\"", "<b>&\"' </script>",
    "two\r\nlines\n\nand\rmore", "\xD8\xB9\xD8\xA7\xD8\xA6\xD8\xB4\xDB\x81 \xD8\xAE\xD8\xA7\xD9\x86 12", "e\xCC\x81 \xC3\xA9",
    "\xF0\x9F\x8F\xA0\xF0\x9F\x98\x9F\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7", "", " leading and trailing ", "&amp;&#13;"};

}  // namespace doorstep::tests
