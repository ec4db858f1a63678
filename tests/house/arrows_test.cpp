// The house holds only where something refuses the wrong arrow: the build refuses rooms that are not linked, and these
// tests refuse the rest, in words.
#include <catch2/catch_test_macros.hpp>

#include <fstream>
#include <optional>
#include <regex>

#include "tests/support/tree.h"

namespace {
namespace fs = std::filesystem;

struct Room {
  std::string_view name;
  std::vector<std::string_view> may;
};

/// Who may include whom. Everybody may include platform/base, and itself.
const std::vector<Room> kRooms = {
    {"platform/base", {}},
    {"platform/config", {}},
    {"platform/sql", {}},
    {"platform/pg", {}},
    {"platform/vault", {}},
    {"platform/tls", {}},
    {"platform/os", {}},
    {"platform/image", {}},
    {"sync/model", {}},
    {"sync/rules", {"sync/model"}},
    {"sync/merge", {"sync/model"}},
    {"sync/wire", {"sync/model"}},
    {"sync/engine", {"sync/wire", "sync/model"}},
    {"sync/transport", {"sync/engine", "sync/wire", "sync/model", "platform/tls"}},
    {"sync/server", {"sync/wire", "sync/model", "sync/rules", "sync/merge", "platform/sql", "platform/pg", "platform/tls"}},
    {"app/store", {"platform/sql", "sync/model", "sync/merge", "sync/wire"}},
    {"app/state", {"sync/model", "sync/rules", "sync/merge", "app/editor"}},
    {"app/editor", {}},
    {"app/view", {"app/state", "app/editor"}},
    {"app/shell", {"app/view", "app/state", "platform/os"}},
    {"app/work", {"app/state", "app/store", "sync/transport", "sync/engine", "platform/vault", "platform/image", "platform/os"}},
};

/// Mains wire the parts; they alone may know them all.
bool is_main(const std::string& file) {
  return file == "app/doorstep.cpp" || file == "sync/server/main.cpp" || file.starts_with("app/provision/") ||
         file.starts_with("app/diagnose.");
}

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string room_of(std::string_view path) {
  auto first = path.find('/');
  auto second = first == std::string_view::npos ? first : path.find('/', first + 1);
  return second == std::string_view::npos ? std::string() : std::string(path.substr(0, second));
}

std::string without_comments(const std::string& text) {
  static const std::regex line("//[^\n]*");
  return std::regex_replace(text, line, "");
}

/// The first thing made inside a co_await's call that GCC 12 destroys twice (seen at -O0 and -O2): an aggregate in braces, a
/// lambda with a capture, an object chosen by `? :`. What a function returns, and what is moved or copied, is right.
std::optional<std::string> destroyed_twice(const std::string& code) {
  static const std::regex made(R"(\{|\?|(^|[^\w\])\s])\s*\[[^\]]+\])");
  static constexpr std::string_view kAwait = "co_await";
  for (auto at = code.find(kAwait); at != std::string::npos; at = code.find(kAwait, at + 1)) {
    auto open = code.find_first_of("(;", at);
    if (open == std::string::npos || code[open] == ';') continue;
    auto end = open + 1;
    for (int depth = 1; depth > 0 && end < code.size(); ++end) depth += code[end] == '(' ? 1 : code[end] == ')' ? -1 : 0;
    std::string call = code.substr(at, end - at);
    if (std::regex_search(call, made)) return call;
  }
  return std::nullopt;
}

/// Everything wrong with one file of app, sync or platform, each in a sentence.
std::vector<std::string> problems(const std::string& file, const std::string& text) {
  std::vector<std::string> out;
  std::string room = room_of(file);
  static const std::regex include(R"re(#\s*include\s*"((?:app|sync|platform|tests)/[^"]+)")re");
  for (std::sregex_iterator it(text.begin(), text.end(), include), end; it != end; ++it) {
    std::string target = (*it)[1], other = room_of(target);
    if (target.starts_with("tests/")) {
      out.push_back(file + " includes " + target + ": the product never includes its tests");
      continue;
    }
    if (is_main(file) || other == room || other == "platform/base") continue;
    auto at = std::find_if(kRooms.begin(), kRooms.end(), [&](const Room& r) { return r.name == room; });
    if (at == kRooms.end()) {
      out.push_back(file + " is in no room of the house");
      break;
    }
    if (std::find(at->may.begin(), at->may.end(), other) == at->may.end())
      out.push_back(file + " includes " + target + ": " + room + " may not include " + other);
  }
  std::string code = without_comments(text);
  struct Ban { const char* pattern; const char* room; const char* why; };
  static const Ban bans[] = {
      {R"(\bsqlite3_\w+)", "platform/sql", "only platform/sql speaks to SQLite"},
      {R"(\bsqlite3_(serialize|deserialize|backup_\w+|rekey\w*|load_extension|enable_load_extension)\b)", "",
       "it gives pages in the clear, changes the key or runs what is not ours"},
      {R"(\bPQ[a-z]\w+\(|libpq-fe\.h)", "platform/pg", "only platform/pg speaks to libpq"},
      {R"(\bdetached\b|\.detach\(\))", "", "detached work loses its failures: keep it, cancel it, join it"},
      {R"(\bstd::this_thread::sleep_(for|until)|\busleep\(|\bsleep\()", "", "nothing waits by sleeping"},
      {R"(string_view \w+ = [^;]*\.error\(\)\.)", "", "error() gives a copy, which is gone when the view is read: name it"},
  };
  for (const Ban& ban : bans) {
    if (*ban.room && room == ban.room) continue;
    std::smatch match;
    std::regex pattern(ban.pattern);
    if (std::regex_search(code, match, pattern)) out.push_back(file + " says \"" + match.str() + "\": " + ban.why);
  }
  if (auto twice = destroyed_twice(code))
    out.push_back(file + " says \"" + *twice + "\": name it, then std::move it: GCC 12 destroys such a temporary twice");
  if (room == "app/view") {
    static const std::regex mutable_static(R"(\n\s+static (?!const|constexpr|_?assert)\w[^\n;(]*[;={])");
    std::smatch match;
    if (std::regex_search(code, match, mutable_static))
      out.push_back(file + " keeps a static in a view: it would survive the lock");
  }
  static const char* kPure[] = {"sync/model", "sync/rules", "sync/merge", "sync/wire", "sync/engine", "app/state", "app/editor"};
  if (std::find(std::begin(kPure), std::end(kPure), room) != std::end(kPure) || file.starts_with("sync/server/decide.")) {
    static const std::regex impure(
        R"(\b(system_clock|steady_clock)::now|\brandom_bytes\(|base::new_id\(|SystemClock|std::random_device|std::(o|i)?fstream|\bread_file\(|std::thread|std::mutex)");
    std::smatch match;
    if (std::regex_search(code, match, impure)) out.push_back(file + " says \"" + match.str() + "\": this room is pure");
  }
  return out;
}

}  // namespace

TEST_CASE("house: every arrow between rooms is one that was drawn", "[house][S07]") {
  const fs::path root = doorstep::support::tree();
  std::vector<std::string> wrong;
  int files = 0;
  for (const char* floor : {"app", "sync", "platform"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / floor)) {
      auto extension = entry.path().extension();
      if (extension != ".h" && extension != ".cpp") continue;
      ++files;
      for (auto& problem : problems(fs::relative(entry.path(), root).string(), read(entry.path()))) wrong.push_back(problem);
    }
  }
  for (const auto& problem : wrong) UNSCOPED_INFO(problem);
  CHECK(wrong.empty());
  CHECK(files > 20);
}

TEST_CASE("house: a wrong arrow is named", "[house]") {
  auto first = [](const char* file, const char* text) {
    auto found = problems(file, text);
    return found.empty() ? std::string() : found.front();
  };
  CHECK(first("platform/sql/db.cpp", "#include \"sync/model/records.h\"\n") ==
        "platform/sql/db.cpp includes sync/model/records.h: platform/sql may not include sync/model");
  CHECK(first("sync/model/visit.h", "#include \"app/state/state.h\"\n").find("may not include app/state") != std::string::npos);
  CHECK(first("app/store/store.cpp", "#include \"platform/sql/db.h\"\n").empty());
  CHECK(first("app/state/update.cpp", "auto t = std::chrono::system_clock::now();").find("pure") != std::string::npos);
  CHECK(first("app/view/home.cpp", "void f() {\n  static int count = 0;\n}").find("static") != std::string::npos);
  CHECK(first("sync/transport/pump.cpp", "co_spawn(io, f(), detached);").find("detached") != std::string::npos);
  CHECK(first("sync/server/import.cpp", "std::string_view where = table.error().where;").find("copy") != std::string::npos);
  CHECK(first("sync/server/push.cpp", "#include <libpq-fe.h>\n").find("only platform/pg speaks to libpq") != std::string::npos);
  CHECK(first("sync/server/push.cpp", "PQexec(connection, sql);").find("only platform/pg speaks to libpq") != std::string::npos);
  CHECK(first("platform/sql/db.cpp", "sqlite3_serialize(db, 0, 0, 0);").find("pages in the clear") != std::string::npos);
  CHECK(first("platform/sql/db.cpp", "sqlite3_close(db); sqlite3_deserializer_of_ours();").empty());
  CHECK(first("app/doorstep.cpp", "#include \"platform/vault/vault.h\"\n").empty());
}

TEST_CASE("house: a temporary that GCC 12 destroys twice is named", "[house]") {
  for (const char* wrong : {"co_await send(Msg{a, b});", "co_await send(session, Msg{a, b}, true);", "co_await send({a, b});",
                            "co_return co_await send(1, f(), [copy] { use(copy); });", "x = co_await post([a]() mutable {});",
                            "co_await send(y ? std::move(a) : Msg());",
                            "if (auto r = co_await Room::it->send(\n  1,\n  Msg{}))"}) {
    INFO(wrong);
    auto found = problems("sync/transport/pump.cpp", wrong);
    CHECK((found.size() == 1 && found[0].find("GCC 12") != std::string::npos));
  }
  for (const char* right : {"co_await send(std::move(reply), keep && !stopping);",
                            "while (more) more = co_await one(*session, list[0]);",
                            "if (auto failed = co_await connect()) { use(Msg{a, b}); }",
                            "co_await timer.async_wait(kTuple); f([a] {});", "net::awaitable<void> f() {}"}) {
    INFO(right);
    CHECK(problems("sync/transport/pump.cpp", right).empty());
  }
}

TEST_CASE("house: the top level holds what was chosen", "[house]") {
  for (const auto& entry : fs::directory_iterator(doorstep::support::tree())) {
    std::string name = entry.path().filename().string();
    if (name.starts_with(".") || name == "build") continue;
    static const std::set<std::string> chosen = {"CMakeLists.txt", "README.md", "app", "assets", "platform", "sync", "tests"};
    INFO(name);
    CHECK(chosen.contains(name));
  }
}

TEST_CASE("house: every room of the table has its library, and each library its place in the table", "[house]") {
  std::string cmake = read(doorstep::support::tree("CMakeLists.txt"));
  static const std::regex made(R"(\nroom\(([a-z/]+))");
  std::set<std::string> built, drawn;
  for (std::sregex_iterator it(cmake.begin(), cmake.end(), made), end; it != end; ++it) built.insert((*it)[1]);
  for (const Room& room : kRooms) drawn.insert(std::string(room.name));
  CHECK(built == drawn);
}

TEST_CASE("house: every mistake put in on purpose is on the simulator's bench, and the other way round", "[house]") {
  const fs::path root = doorstep::support::tree();
  std::set<std::string> put_in, listed;
  auto collect = [](const std::string& text, const char* pattern, std::set<std::string>& into) {
    const std::regex name(pattern);
    for (std::sregex_iterator it(text.begin(), text.end(), name), end; it != end; ++it) into.insert((*it)[1]);
  };
  for (const char* floor : {"app", "sync", "platform"})
    for (const auto& entry : fs::recursive_directory_iterator(root / floor))
      if (const auto kind = entry.path().extension(); kind == ".cpp" || kind == ".h")
        collect(read(entry.path()), R"re(base::mutant\("([a-z-]+)"\))re", put_in);
  collect(read(root / "tests/sim/mutants.cpp"), R"re(\n    \{"([a-z-]+)")re", listed);
  CHECK(put_in == listed);
  CHECK(listed.size() >= 30);
}
