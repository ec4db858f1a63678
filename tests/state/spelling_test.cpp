#include "app/state/view_models.h"
#include "platform/base/limits.h"
#include "tests/support/desk.h"

using namespace doorstep;
using namespace doorstep::tests;

namespace {

struct Writer : Desk {
  Writer() {
    unlock();
    start();
    effects.clear();
  }
  editor::EditorState& note(const std::string& key = "visit/purpose") { return state.editors.text(key, {}, {.spelling = true}); }
  void put(std::string_view words, const std::string& key = "visit/purpose") {
    note(key).insert(words, editor::EditorState::How::Pasted, mono);
    act(FieldTyped{key});
  }
  /// Answers what was asked: wrong is what begins with x.
  void answer() {
    for (const auto* check : all<CheckSpelling>()) {
      SpellingChecked checked;
      for (const auto& word : check->words) (word.starts_with('x') ? checked.wrong : checked.right).push_back(word);
      answers.push_back(checked);
    }
    effects.clear();
    for (const auto& checked : std::exchange(answers, {})) hear(checked);
  }
  std::vector<std::string> asked() const {
    std::vector<std::string> out;
    for (const auto* check : all<CheckSpelling>()) out.insert(out.end(), check->words.begin(), check->words.end());
    return out;
  }
  std::vector<std::string> marked(const std::string& key = "visit/purpose") {
    std::vector<std::string> out;
    auto& text = note(key);
    for (std::size_t i = 0; i < text.doc().paragraphs(); ++i)
      for (const auto& mark : text.spelling().marks(i)) out.push_back(text.doc().paragraph(i).substr(mark.begin, mark.end - mark.begin));
    return out;
  }
  std::vector<SpellingChecked> answers;
};

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("spelling: each word is asked about once, and marked when it is wrong", "[state]") {
  Writer desk;
  desk.put("the xoz and the xoz");
  CHECK(desk.asked() == Words{"the", "xoz", "and"});
  const auto before = desk.state.revision;
  desk.answer();
  CHECK(desk.marked() == Words{"xoz", "xoz"});
  CHECK(desk.state.revision != before);
  desk.put(" the xoz", "visit/home_note");
  CHECK(desk.asked().empty());
  CHECK(desk.marked("visit/home_note") == Words{"xoz"});
}

TEST_CASE("spelling: one typed letter makes no job, a finished word one, also in 20,000 words", "[state]") {
  Writer desk;
  std::string words;
  for (int i = 0; i < 20'000; ++i) words += i % 20 == 0 ? "the\n" : "cat ";
  desk.put(words);
  desk.answer();
  desk.note().move_to({500, 0}, false);
  for (const char* letter : {"q", "u", "i", "t", "e"}) {
    desk.note().insert(letter, editor::EditorState::How::Typed, desk.mono);
    desk.act(FieldTyped{"visit/purpose"});
    CHECK(desk.all<CheckSpelling>().empty());
  }
  desk.note().insert(" ", editor::EditorState::How::Typed, desk.mono);
  desk.act(FieldTyped{"visit/purpose"});
  REQUIRE(desk.all<CheckSpelling>().size() == 1);
  CHECK(desk.asked() == Words{"quite"});
}

TEST_CASE("spelling: words that came without typing are looked at at once", "[state]") {
  Writer desk;
  CHECK(next_deadline(desk.state) > desk.mono);
  desk.note().reset("an xoz");  // a view made the editor
  CHECK(next_deadline(desk.state) == desk.mono);
  desk.hear(Tick{});
  CHECK(next_deadline(desk.state) > desk.mono);
  CHECK(desk.asked() == Words{"an", "xoz"});
  desk.answer();
  CHECK(desk.marked() == Words{"xoz"});
}

TEST_CASE("spelling: fields that are not marked ask nothing", "[state]") {
  Writer desk;
  desk.type("visit/purpose", "an xoz");
  CHECK(desk.asked().empty());
  CHECK(next_deadline(desk.state) > desk.mono);
}

TEST_CASE("spelling: names and addresses here are never asked about", "[state]") {
  Writer desk;
  auto& family = desk.caseload.families[0];
  family.address = "27 Xalder Close, Xmill";
  family.members = {{Id::from_name("m"), "Świętosława Xolc-Xavier", "Mother", {}, {}, {}}};
  desk.caseload.children[0].called = "Xami";
  desk.caseload.workers[1].name = "Dan Xprice";
  desk.put("xalder XOLC'S xavier's Xami’s Xamis Xami-Xunknown Xprice swietoslawas xmill xother");
  CHECK(desk.asked().size() == 9);  // none of them is known yet; initials are not asked
  desk.answer();
  desk.load();
  CHECK(desk.marked() == Words{"xother"});
  desk.effects.clear();
  desk.put(" Świętosława Amara Okafor Okafors Ruth’s Mensah Alder");
  CHECK(desk.asked() == Words{});
}

TEST_CASE("spelling: a name written in this visit is not marked in it", "[state]") {
  Writer desk;
  desk.put("xander was there");
  desk.answer();
  CHECK(desk.marked() == Words{"xander"});
  model::Present present;
  present.id = Id::from_name("p");
  present.name = "Xander Cole";
  desk.state.visit->visit.facts.present.push_back(present);
  desk.act(FieldLeft{"visit/present"});
  CHECK(desk.marked().empty());
}

TEST_CASE("spelling: a word is left as it is in this visit, and nowhere else", "[state]") {
  Writer desk;
  desk.put("an xoz, Xoz");
  desk.answer();
  desk.act(AskSuggestions{"xoz"});
  CHECK(desk.last<SuggestSpelling>().word == "xoz");
  desk.act(LeaveSpelling{"xoz"});
  CHECK(desk.marked().empty());
  desk.put(" xoz", "visit/home_note");
  CHECK(desk.marked("visit/home_note").empty());
  const Id visit = desk.state.visit->visit.id;
  desk.act(Back{});
  REQUIRE_FALSE(desk.state.visit);
  desk.effects.clear();
  desk.act(Open{ScreenKind::Record, visit});
  desk.note().reset("an xoz");
  desk.hear(Tick{});
  CHECK(desk.asked() == Words{"xoz"});
}

TEST_CASE("spelling: suggestions are for the word that was asked about last", "[state]") {
  Writer desk;
  desk.act(AskSuggestions{"xoz"});
  CHECK(note_words(desk.state).misspelt == "xoz");
  CHECK(note_words(desk.state).suggestions.empty());
  CHECK(note_words(desk.state).no_suggestions.empty());
  desk.act(AskSuggestions{"xoz"});
  CHECK(desk.all<SuggestSpelling>().size() == 1);
  desk.act(AskSuggestions{"xylo"});
  desk.hear(SpellingSuggested{"xoz", {"ox"}});
  CHECK(note_words(desk.state).suggestions.empty());
  desk.hear(SpellingSuggested{"xylo", {"sylph"}});
  CHECK(note_words(desk.state).suggestions == Words{"sylph"});
  CHECK(note_words(desk.state).spoken == Words{"Change to sylph"});
  desk.act(AskSuggestions{"xoz"});
  desk.hear(SpellingSuggested{"xoz", {}});
  CHECK(note_words(desk.state).no_suggestions == "No suggestions");
}

TEST_CASE("spelling: switched off, nothing is asked or marked; the choice is kept", "[state]") {
  Writer desk;
  desk.put("an xoz");
  desk.answer();
  desk.act(SetSpelling{false});
  CHECK(desk.marked().empty());
  CHECK(desk.last<SaveSettings>().json.find("\"spelling\":false") != std::string::npos);
  desk.put(" more");
  CHECK(desk.asked().empty());
  CHECK(next_deadline(desk.state) > desk.mono);
  desk.act(SetSpelling{true});
  CHECK(desk.marked() == Words{"xoz"});
  desk.act(PressLock{});
  desk.hear(Started{true, "Ruth Mensah", R"({"spelling":false})"});
  CHECK_FALSE(desk.state.settings.spelling);
}

TEST_CASE("spelling: a lock forgets every word", "[state]") {
  Writer desk;
  desk.put("an xoz");
  desk.act(PressLock{});
  CHECK(desk.state.spelling.words.empty());
  CHECK(desk.state.spelling.names.empty());
  desk.hear(SpellingChecked{{"an"}, {"xoz"}});
  CHECK(desk.state.spelling.words.empty());
}

TEST_CASE("spelling: fields for exact words say so", "[state]") {
  Writer desk;
  const auto& form = desk.state.assets->form;
  for (const char* id : {"said", "drawing", "house_worries", "house_good", "house_dreams"}) CHECK(form.find(id)->verbatim);
  for (const char* id : {"saw", "think", "told"}) CHECK_FALSE(form.find(id)->verbatim);
  desk.act(AddItem{{desk.amara, "disclosures", {}, {}}});
  desk.act(ShowChild{desk.amara});
  const auto vm = record_vm(desk.state);
  int notes = 0;
  for (const auto& section : vm.sections)
    for (const auto& block : section.blocks)
      if (const auto* list = std::get_if<ListVm>(&block))
        for (const auto& item : list->items)
          for (const auto& field : item.fields) {
            if (field.kind != FieldKind::Note) continue;
            ++notes;
            CHECK(field.verbatim == (field.place.field == "exact_words"));
          }
  CHECK(notes > 0);
}
