#pragma once
#include <array>

/// What is measured, beside what, and how far from it each may be. The one place for these limits.
namespace doorstep::bench {

struct Figure {
  const char* name;
  const char* yardstick;
  double most;            ///< ours / yardstick; above it platform/dev/bench.sh fails
  const char* why;        ///< this limit and no other
  const char* unit = "ms";
};

inline constexpr std::array kFigures = {
    Figure{"save p50", "the same body into raw SQLCipher, one transaction", 1.5,
           "a save also keeps the state before and the mark that it is to be sent; the disk must stay most of it"},
    Figure{"save p99", "the same", 1.5, "a person notices the slowest save, so it has no more room than the usual one"},
    Figure{"unlock", "Argon2id alone, the same parameters", 1.5,
           "the derivation is slow on purpose; opening the database and reading 1,000 notes may add half of it"},
    Figure{"frame, worst screen", "Dear ImGui's demo window with its sections open, as large", 1.0,
           "no screen costs more than the library's own showcase"},
    Figure{"frame, a letter typed", "the same", 3.0,
           "the field is drawn anew, and what a search lists is made anew; the aim is 1.0"},
    Figure{"long note, a letter p99", "the same note while it is empty", 2.0,
           "who has written for an hour types as lightly as who begins"},
    Figure{"the same letter", "2 ms", 1.0, "an eighth of the time that a display gives a frame"},
    Figure{"search p50", "FTS5's fifty best of the same index, with their snippets", 1.5,
           "what is looked at beside it is which child or draft each is of, and whether that has left the tablet"},
    Figure{"search p99", "the same", 1.5, "the slowest searches are for the first letters typed, and those everybody types"},
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // start_bench.cpp is of the release build
    Figure{"start to first frame", "a program with one window of SDL2 and Dear ImGui, and nothing in it", 2.0,
           "fonts, words, rules and the tablet's own files are read; no more than half of what is waited for"},
#endif
    Figure{"sync 1,000 notes up", "TLS of the same bytes, and the same rows in as many transactions", 1.8,
           "beside the yardstick there is JSON, hashes, rules, and the heads of the cases to bring up to date; the aim is 1.5"},
    Figure{"sync 1,000 notes down", "the same", 2.0,
           "one thread reads each record, puts it in order for search and tells the screens; the aim is 1.5"},
    Figure{"20 edits, 10,000 notes", "the sum of zstd(edit, prefix = its base), without checksums", 1.1,
           "one frame for all saves what 20 cost; that pays for names, numbers and hashes", "bytes"},
    Figure{"nothing new, by notes", "the same with a hundredth of the notes", 1.2,
           "a tablet asks every five minutes, however much there is"},
    Figure{"its bytes, by notes", "the same", 1.2, "as its time", "bytes"},
    Figure{"nothing new, by cases", "the same with a tenth of the cases", 1.2, "as by notes"},
    Figure{"its bytes, by cases", "the same", 1.2, "as its time", "bytes"},
};

}  // namespace doorstep::bench
