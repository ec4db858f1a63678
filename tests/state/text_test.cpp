#include <regex>
#include <set>

#include "app/state/time_words.h"
#include "platform/base/file.h"
#include "platform/base/limits.h"
#include "tests/support/desk.h"
#include "tests/support/tree.h"

using namespace doorstep;
using namespace doorstep::tests;

TEST_CASE("text: a name with braces in it is never filled in again", "[state]") {
  auto text = Text::parse(R"({"a": "{who} said {what} {gap}", "n.one": "1 thing", "n.many": "{n} things"})");
  REQUIRE(text.has_value());
  CHECK((*text)("a", {{"who", "{what}"}, {"what", "no"}}) == "{what} said no {gap}");
  CHECK((*text)("missing") == "missing");
  CHECK(text->count("n", 1) == "1 thing");
  CHECK(text->count("n", 0) == "0 things");
  CHECK(Text::parse(R"({"a": 1})").has_error());
  CHECK(Text::parse("[").has_error());
}

TEST_CASE("text: where a language has no words for a key, another's stand", "[state]") {
  const auto english = Text::parse(R"({"a": "one", "b": "two", "n.one": "1 day", "n.many": "{n} days"})");
  const auto other = Text::parse(R"({"a": "un", "n.one": "1 diwrnod", "n.two": "{n} ddiwrnod", "n.many": "{n} diwrnod"})");
  REQUIRE((english.has_value() && other.has_value()));
  const Text text = other->over(*english);
  CHECK(text("a") == "un");
  CHECK(text("b") == "two");
  CHECK(text("c") == "c");
  CHECK(text.count("n", 1) == "1 diwrnod");
  CHECK(text.count("n", 2) == "2 ddiwrnod");
  CHECK(text.count("n", 3) == "3 diwrnod");
  CHECK(english->count("n", 2) == "2 days");
}

TEST_CASE("text: whoever is to call IT is told the number that device.toml gives, and IT alone where it gives none", "[state]") {
  const auto assets = shipped_assets();
  int calls = 0;
  for (const auto& [key, words] : assets->text.all()) {
    if (words.find("{it}") == words.npos) {
      INFO(key << ": " << words);
      const bool before_the_file = key.starts_with("cannot_start.");  // nothing of it is believed yet
      CHECK((before_the_file || (words.find("all IT") == words.npos && words.find("ell IT") == words.npos)));
      continue;
    }
    ++calls;
    CHECK(assets->welsh(key) != words);  // else an English sentence would have a Welsh name in it
  }
  CHECK(calls > 30);
  Desk desk;
  const auto said = [&](const char* number, Language language) {
    desk.state = initial(assets, {.council = "Testshire", .contacts = {}, .it = number, .language = language});
    return desk.state.text()("problem.proxy.refused");
  };
  CHECK(said("", Language::English).ends_with(" Call IT."));
  CHECK(said("01632 960103", Language::English).ends_with(" Call IT on 01632 960103."));
  CHECK(said("", Language::Welsh).ends_with(" Ffoniwch TG."));
  CHECK(said("01632 960103", Language::Welsh).ends_with(" Ffoniwch TG ar 01632 960103."));
  const auto about = settings_vm(desk.state).about;
  CHECK((about.back().name == "TG" && about.back().value == "01632 960103"));
  for (const auto& [key, words] : desk.state.assets->text.all()) CHECK(words.find("{it}") == words.npos);
  desk.hear(Started{true, "Ruth Mensah", {}});
  CHECK(unlock_vm(desk.state).forgotten.find("ffoniwch TG ar 01632 960103") != std::string::npos);
}

TEST_CASE("text: Welsh has no phrase of its own, every gap its English has, and counts in full or not at all", "[state]") {
  const auto welsh = Text::parse(asset("text/cy.json"));
  REQUIRE(welsh.has_value());
  const auto& english = shipped_assets()->text;
  const std::regex gap(R"(\{[a-z_]+\})");
  const auto gaps = [&](const std::string& words) {
    return std::set<std::string>(std::sregex_token_iterator(words.begin(), words.end(), gap), std::sregex_token_iterator());
  };
  for (const auto& [key, words] : welsh->all()) {
    INFO(key << ": " << words);
    const auto form = key.substr(key.rfind('.') + 1), counted = key.substr(0, key.size() - form.size());
    const auto like = form == "two" ? counted + "many" : key;
    REQUIRE(english.has(like));
    CHECK(gaps(words) == gaps(english(like)));
    CHECK_FALSE(words.empty());
    if (form == "one" || form == "two") CHECK(welsh->has(counted + "many"));
    if (form == "two" || form == "many") CHECK(welsh->has(counted + "one"));
  }
  std::string missing;
  std::size_t count = 0;
  for (const auto& [key, words] : english.all())
    if (!welsh->has(key)) missing += "\n  " + key + ": " + words, ++count;
  WARN("English stands for " << count << " of " << english.all().size() << " phrases:" << missing);
  CHECK(count * 10 < english.all().size());
}

TEST_CASE("text: Welsh of the form is of sentences that the form has", "[state]") {
  const auto assets = shipped_assets();
  std::set<std::string> sentences;
  for (const auto& section : assets->form.sections) {
    sentences.insert(section.title);
    for (const auto& q : section.questions) {
      sentences.insert({q.label, q.help, q.missing, q.none});
      for (const auto& option : q.options) sentences.insert({option.label, option.hint});
    }
  }
  for (const auto& contradiction : assets->form.contradictions) sentences.insert(contradiction.message);
  for (const auto& rule : assets->form.accounts) sentences.insert({rule.label, rule.who});
  for (const auto& rule : assets->form.beside.apart) sentences.insert(rule.about);
  sentences.erase("");
  sentences.erase("{name}");
  const auto welsh = Text::parse(asset("text/visit.cy.json"));
  REQUIRE(welsh.has_value());
  for (const auto& [sentence, said] : welsh->all()) {
    INFO(sentence);
    CHECK(sentences.contains(sentence));
  }
  std::string missing;
  for (const auto& sentence : sentences)
    if (!welsh->has(sentence)) missing += "\n  " + sentence;
  WARN("English stands for " << sentences.size() - welsh->all().size() << " of the form's " << sentences.size() << " sentences:" << missing);
}

TEST_CASE("text: Welsh of the rules is of names and definitions that the rules have, and all have it", "[state]") {
  const auto assets = shipped_assets();
  std::set<std::string> sentences;
  for (const auto& clock : assets->rules.clocks) sentences.insert(clock.label);
  for (const auto* levels : {&assets->rules.thresholds.levels, &assets->rules.thresholds.risk})
    for (const auto& level : *levels) sentences.insert({level.label, level.definition, level.legal_basis});
  sentences.erase("");
  const auto welsh = Text::parse(asset("text/rules.cy.json"));
  REQUIRE(welsh.has_value());
  for (const auto& sentence : sentences) {
    INFO(sentence);
    CHECK(welsh->has(sentence));
  }
  CHECK(welsh->all().size() == sentences.size());
  Desk desk;
  desk.state.settings.language = Language::Welsh;
  CHECK(desk.state.rules().thresholds.risk.front().label == "Isel");
  CHECK(desk.state.rules().thresholds.key() == assets->rules.thresholds.key());
}

TEST_CASE("text: every key the source names has words, and every word is used", "[state]") {
  const auto assets = shipped_assets();
  std::string source;
  for (const auto& file : std::filesystem::directory_iterator(support::tree("app/state")))
    if (file.path().extension() == ".cpp") {
      auto text = base::read_file(file.path(), limits::kAssetBytes);
      REQUIRE(text.has_value());
      source += *text;
    }
  std::vector<std::string> unknown;
  const std::regex call(R"re(text(?:\(\))?\("([a-z0-9_.A-Z]+)"[,)])re");
  for (std::sregex_iterator at(source.begin(), source.end(), call), end; at != end; ++at)
    if (!assets->text.has((*at)[1].str())) unknown.push_back((*at)[1].str());
  const std::regex count(R"re(count\("([a-z0-9_.A-Z]+)")re");
  for (std::sregex_iterator at(source.begin(), source.end(), count), end; at != end; ++at)
    for (const char* form : {".one", ".many"})
      if (!assets->text.has((*at)[1].str() + form)) unknown.push_back((*at)[1].str() + form);
  for (const auto& key : unknown) UNSCOPED_INFO(key);
  CHECK(unknown.empty());
}

TEST_CASE("text: what is said of a PIN is said of the passphrase too, with the same gaps and in both languages", "[state][K18]") {
  const auto assets = shipped_assets();
  int pins = 0;
  for (const auto& [key, words] : assets->text.all()) {
    if (!key.ends_with(".pin")) continue;
    ++pins;
    INFO(key);
    const auto plain = key.substr(0, key.size() - 4);
    REQUIRE(assets->text.has(plain));
    CHECK(words != assets->text(plain));
    CHECK((words.find("{why}") == words.npos) == (assets->text(plain).find("{why}") == std::string::npos));
    CHECK(assets->welsh(key) != words);
  }
  CHECK(pins > 10);
}

TEST_CASE("text: every code of the model has words", "[state]") {
  const auto& text = shipped_assets()->text;
  const auto check = [&]<class E>(const std::string& prefix, E) {
    for (const auto& [value, code] : model::CodeTable<E>::values) {
      INFO(prefix << code);
      CHECK(text.has(prefix + std::string(code)));
    }
  };
  check("status.", model::Status{});
  check("visit_type.", model::VisitType{});
  check("outcome.", model::Outcome{});
  check("step.status.", model::StepStatus{});
  check("item.open_step.status.", model::StepStatus{});
  check("item.other_child.known_to_service.", model::Known{});
  check("item.sharing.consent.", model::Consent{});
  check("item.injury.view.", model::BodyView{});
  check("risk.changed.", model::RiskChange{});
  check("risk.said.", model::RiskChange{});
  check("return_reason.", model::ReturnReason{});
  for (int fault = 0; fault <= static_cast<int>(base::Fault::Io); ++fault)
    CHECK(text.has("error." + std::string(base::fault_word(static_cast<base::Fault>(fault)))));
}

TEST_CASE("text: words stay plain: no sentence over 25 words, none of the words we do not say", "[state]") {
  for (const auto& [key, words] : shipped_assets()->text.all()) {
    INFO(key << ": " << words);
    int length = 0, longest = 0;
    for (const char c : words) {
      if (c == ' ') ++length;
      if (c == '.' || c == ':' || c == '?') length = 0;
      longest = std::max(longest, length);
    }
    CHECK(longest < 25);
    for (const char* banned : {"Sign and lock", "Note signed", "overdue note", "Save draft", "LAC", "register"})
      CHECK(words.find(banned) == std::string::npos);
  }
}

TEST_CASE("text: every sentence of the rules has words, and none has words that no rule says", "[state]") {
  const auto& text = shipped_assets()->text;
  std::set<std::string> said;
  for (const auto& file : std::filesystem::directory_iterator(support::tree("sync/rules"))) {
    const auto source = base::read_file(file.path(), limits::kAssetBytes);
    REQUIRE(source.has_value());
    const std::regex key(R"re((named|quoted|of_child)?\(?"(rule\.[a-z_.]+)")re");
    for (std::sregex_iterator at(source->begin(), source->end(), key), end; at != end; ++at) {
      said.insert((*at)[2].str());
      if ((*at)[1].matched) said.insert((*at)[2].str() + ".unnamed");
    }
  }
  CHECK(said.size() > 60);
  for (const auto& key : said) {
    INFO(key);
    CHECK(text.has(key));
  }
  for (const auto& [key, words] : text.all())
    if (key.starts_with("rule.")) {
      INFO(key);
      CHECK(said.contains(key));
    }
}

TEST_CASE("text: what a rule says is said in the app's language, and what was written stays as it is", "[state]") {
  const auto assets = shipped_assets();
  const rules::Said owner{"rule.step.owner", {{"step", "Ring {name} \"soon\""}}};
  CHECK(assets->text(owner) == "Say who will do “Ring {name} \"soon\"”.");
  CHECK(assets->welsh(owner) == "Dywedwch pwy fydd yn gwneud “Ring {name} \"soon\"”.");
  CHECK(assets->welsh(rules::Said{"rule.step.owner.unnamed"}) == "Dywedwch pwy fydd yn gwneud y cam.");
  rules::Due due;
  due.label = "Child protection visit";
  due.on = base::date_from_iso("2026-12-03");
  const auto line = [&](const char* today, int left) {
    due.days_left = std::max(0, left), due.overdue_days = std::max(0, -left);
    return due_line(assets->welsh, due, base::date_from_iso(today).value(), assets->rules.calendar);
  };
  CHECK(line("2026-12-05", -2) == "Child protection visit: 2 ddiwrnod yn hwyr");
  CHECK(line("2026-12-03", 0) == "Child protection visit: i fod heddiw");
  CHECK(line("2026-12-02", 1) == "Child protection visit: i fod yfory");
  CHECK(line("2026-11-30", 3) == "Child protection visit: i fod ymhen 3 diwrnod, Iau 3 Rhag");
  due.on.reset();
  due.unknown = rules::Unknown::Calendar;
  CHECK(line("2026-11-30", 0) ==
        "Child protection visit: ni wyddys (mae gwyliau banc yn hysbys o 1 Ionawr 2025 hyd at 31 Rhagfyr 2027)");
}

TEST_CASE("text: a day is told in the app's language", "[state]") {
  using namespace std::chrono;
  const auto assets = shipped_assets();
  const Date day = 2026y / December / 3, next = 2027y / January / 2;
  CHECK(day_words(assets->welsh, day) == "3 Rhagfyr 2026");
  CHECK(short_day_words(assets->welsh, day, day) == "Iau 3 Rhag");
  CHECK(short_day_words(assets->welsh, day, next) == "Iau 3 Rhag 2026");
  CHECK(weekday_words(assets->welsh, day) == "Dydd Iau 3 Rhagfyr");
  CHECK(dated_words(assets->welsh, instant("2026-12-03T14:05:00Z")) == "Dydd Iau 3 Rhagfyr 2026, 14:05");
  CHECK(when_begins(assets->welsh, instant("2026-12-03T14:05:00Z"), instant("2026-12-04T14:05:00Z")) == "Ddoe am 14:05");
  CHECK(age_words(assets->welsh, 2019y / May / 1, day) == "7 oed");
  CHECK(age_words(assets->welsh, 2026y / October / 1, day) == "2 fis oed");
  CHECK(day_words(assets->text, day) == "3 December 2026");
  CHECK(short_day_words(assets->text, day, day) == "Thu 3 Dec");
  CHECK(short_day_words(assets->text, 2027y / January / 4, day) == "Mon 4 Jan 2027");
  CHECK(day_words(assets->text, 2026y / February / 30).empty());
  CHECK(short_day_words(assets->text, 2026y / February / 30, day).empty());
}

TEST_CASE("text: a day of another year is told with its year", "[state]") {
  using namespace std::chrono;
  const auto& text = shipped_assets()->text;
  const Date day = 2026y / December / 31, next = 2027y / January / 2;
  CHECK(weekday_words(text, day) == "Thursday 31 December");
  CHECK(weekday_words(text, day, day) == "Thursday 31 December");
  CHECK(weekday_words(text, day, next) == "Thursday 31 December 2026");
}
