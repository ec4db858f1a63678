#include "sync/server/export.h"

#include "platform/base/file.h"
#include "sync/server/csv.h"
#include "tests/support/assets.h"
#include "tests/server/csv_cells.h"
#include "tests/server/office.h"

using namespace doorstep;
using namespace doorstep::tests;

namespace {

/// What a browser would show of the words in a page.
std::string unescaped(std::string text) {
  const std::pair<const char*, const char*> entities[] = {{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&#13;", "\r"}, {"&amp;", "&"}};
  for (const auto& [entity, plain] : entities)
    for (std::size_t at = 0; (at = text.find(entity, at)) != std::string::npos; at += 1) text.replace(at, std::string(entity).size(), plain);
  return text;
}

/// The words below a question.
std::string answer_in(const std::string& page, const std::string& label) {
  const std::string head = "<h3 dir=\"auto\">" + label + "</h3><div class=\"words\" dir=\"auto\">";
  auto start = page.find(head);
  if (start == std::string::npos) return "(not there)";
  start += head.size();
  return unescaped(page.substr(start, page.find("</div>", start) - start));
}

std::string file(const std::filesystem::path& path) {
  auto bytes = base::read_file(path, 1 << 24);
  if (!bytes) FAIL(path << ": " << bytes.error());
  return *bytes;
}

std::vector<server::CsvRow> rows(const std::filesystem::path& path) {
  auto table = server::parse_csv(file(path));
  REQUIRE(table.has_value());
  return table->rows;
}

model::ChildRecord visit_of(const Tablet& by, const std::string& name, const char* child, model::VisitType type, const char* day, bool seen) {
  auto out = by.record(any_id(name), child_id(child));
  out.facts.type = type;
  out.facts.start = {*base::from_rfc3339(std::string(day) + "T23:30:00Z"), 60, "Europe/London"};
  out.facts.outcome = seen ? model::Outcome::Completed : model::Outcome::NoAccess;
  out.part.seen = seen;
  if (seen) out.part.alone = true;
  out.part.answers["bedroom"] = std::string(seen ? "Y" : "REFUSED");
  out.part.not_seen.reason = seen ? "" : "NOT_HOME";
  return out;
}

void approve(Tablet& supervisor, Id record, const char* child) {
  supervisor.sync();
  const auto* head = supervisor.has(child_id(child), record);
  REQUIRE(head);
  REQUIRE(supervisor.one(supervisor.decide(*head, child_id(child), model::Verdict::Approved, "Read =2+2 <i>.")).status == OpStatus::Applied);
}

}  // namespace

TEST_CASE("export: every word of an approved record stands in its page and its JSON as it was written", "[server]") {
  Office office;
  Tablet wren(office, "wren"), sparrow(office, "sparrow");
  const auto form = visit_form();
  const auto levels = shipped_rules().thresholds;
  for (std::size_t i = 0; i < kHardCells.size(); ++i) {
    if (kHardCells[i].empty()) continue;
    auto record = wren.record(any_id("hard " + std::to_string(i)), child_id("A1"));
    record.part.called = "Amara";
    record.part.answers["said"] = kHardCells[i];
    record.part.answers["unknown_question"] = kHardCells[i];
    REQUIRE(wren.one(Tablet::submit(record, child_id("A1"))).status == OpStatus::Applied);
    approve(sparrow, record.id, "A1");
  }
  model::Addendum addendum;
  addendum.id = any_id("addendum");
  addendum.record = any_id("hard 0");
  addendum.author = wren.worker;
  addendum.author_name = "Wren Abara";
  addendum.at = office.clock.now;
  addendum.text = "Added <later>.";
  wren.sync();
  CHECK(wren.one(Tablet::on(OpKind::Addendum, *wren.has(child_id("A1"), addendum.record), child_id("A1"), wire::encode(addendum))).status ==
        OpStatus::Applied);

  auto folder = office.folder() / "out";
  auto report = server::export_records(*office.repository, {form}, levels, office.blobs, folder, office.clock.now);
  REQUIRE(report.has_value());
  CHECK(report->records == static_cast<std::int64_t>(kHardCells.size()) - 1);
  for (std::size_t i = 0; i < kHardCells.size(); ++i) {
    if (kHardCells[i].empty()) continue;
    INFO(kHardCells[i]);
    Id id = any_id("hard " + std::to_string(i));
    auto page = file(folder / "records" / (id.str() + ".html"));
    CHECK(answer_in(page, "What Amara said") == kHardCells[i]);
    CHECK(answer_in(page, "unknown_question") == kHardCells[i]);
    CHECK(answer_in(page, "Why") == "Read =2+2 <i>.");
    CHECK(page.find("<script") == std::string::npos);
    CHECK(page.find("http") == std::string::npos);
    auto json = boost::json::parse(file(folder / "records" / (id.str() + ".json"))).as_object();
    auto body = std::string(json["body"].as_string());
    CHECK(base::sha256_hex(body) == json["hash"].as_string());
    CHECK(std::get<std::string>(wire::decode<model::ChildRecord>(body)->part.answers["said"]) == kHardCells[i]);
  }
  CHECK(file(folder / "records" / (addendum.record.str() + ".html")).find("Added &lt;later&gt;.") != std::string::npos);

  auto manifest = boost::json::parse(file(folder / "manifest.json")).as_object();
  CHECK(manifest["records"].as_array().size() == kHardCells.size() - 1);
  CHECK(manifest["files"].as_array().size() == report->files.size());
  for (const auto& entry : manifest["files"].as_array()) {
    const auto& line = entry.as_object();
    CHECK(base::sha256_hex(file(folder / std::string(line.at("path").as_string()))) == line.at("sha256").as_string());
  }
}

TEST_CASE("export: a mark stands on its figure, by the number its description has", "[server]") {
  server::ExportedRecord exported;
  model::ChildRecord& record = exported.record;
  record.part.name = "Amara <Okafor>";
  model::Injury first, second;
  first.id = any_id("first"), second.id = any_id("second");
  first.kind = second.kind = "BRUISE";
  second.view = model::BodyView::Left;
  second.at = {0.5, 0.25};
  second.looks = "round";
  second.size = "like a thumbnail";
  second.size_mm = 14;
  second.child_said = "I <fell>";
  record.part.injuries = {first, second};
  const auto page = server::record_html(exported, visit_form(), shipped_rules().thresholds);
  CHECK(page.find("aria-label=\"Left side, mark 2\"") != std::string::npos);
  CHECK(page.find("<circle cx=\"150\" cy=\"250\" r=\"32\"") != std::string::npos);
  CHECK(page.find("aria-label=\"Front") == std::string::npos);  // nothing is shown there
  CHECK(page.find("<td dir=\"auto\">2</td><td dir=\"auto\">(Left side)</td><td dir=\"auto\">BRUISE</td><td dir=\"auto\">round</td>"
                  "<td dir=\"auto\">like a thumbnail, 14 mm</td><td dir=\"auto\">I &lt;fell&gt;</td>") != std::string::npos);
}

TEST_CASE("export: accounts that differ stand side by side, each with the way to where it is", "[server]") {
  server::ExportedRecord exported;
  exported.author_name = "Ruth Adeyemi";
  model::ChildRecord& record = exported.record;
  record.part.id = any_id("child");
  record.part.called = "Amara";
  record.part.answers["said"] = std::string("I <fell> at school");
  record.part.answers["told"] = std::string("She was at home all day");
  record.part.answers["told_by"] = std::string("Ngozi");
  const auto page = [&] { return server::record_html(exported, visit_form(), shipped_rules().thresholds); };
  CHECK(page().find("Said differently") == std::string::npos);
  record.part.answers["said_differently"] = std::vector<std::string>{"said", "told"};
  CHECK(page().find("Ruth Adeyemi ticked these as said differently</h3><table><tbody><tr>"
                    "<td dir=\"auto\"><strong>Amara</strong>\nI &lt;fell&gt; at school\n<a href=\"#q-said\">What Amara said</a></td>"
                    "<td dir=\"auto\"><strong>Ngozi</strong>\nShe was at home all day\n<a href=\"#q-told\">What others told me</a></td>") !=
        std::string::npos);
  CHECK(page().find("<span id=\"q-told\"></span><h3") != std::string::npos);
  CHECK(page().find("said_differently") == std::string::npos);
}

TEST_CASE("export: a drawing is on its sheet, in its house, under the child's name", "[server]") {
  server::ExportedRecord exported;
  model::ChildRecord& record = exported.record;
  record.part.name = "Amara Okafor";
  record.part.called = "Amara";
  record.part.strokes = {{any_id("s1"), "house_worries", {{0.1, 0.2}, {0.5, 1}}, 6, "#c02318"},
                         {any_id("s2"), "drawing", {{2, -1}}, 0, "\"><script>"}};
  const auto page = server::record_html(exported, visit_form(), shipped_rules().thresholds);
  CHECK(page.find("<figcaption dir=\"auto\">Amara: House of worries</figcaption>") != std::string::npos);
  CHECK(page.find("<polyline stroke=\"#c02318\" stroke-width=\"6\" points=\"100,150 500,750 \"/>") != std::string::npos);
  CHECK(page.find("<polyline stroke=\"#c8c8c8\"") != std::string::npos);
  CHECK(page.find("points=\"1000,0 \"") != std::string::npos);
  CHECK(page.find("<script") == std::string::npos);
}

TEST_CASE("export: an attempt is never taken for a sighting, and drafts stand in no return", "[server]") {
  Office office;
  Tablet wren(office, "wren"), sparrow(office, "sparrow");
  auto seen = visit_of(wren, "seen", "A1", model::VisitType::Cp, "2026-11-12", true);
  auto attempt = visit_of(wren, "attempt", "A1", model::VisitType::Cp, "2026-11-16", false);
  auto cin = visit_of(wren, "cin", "B1", model::VisitType::Cin, "2026-11-13", true);
  auto returned = visit_of(wren, "returned", "B1", model::VisitType::Cin, "2026-11-14", true);
  auto left_open = visit_of(wren, "left open", "A1", model::VisitType::Cp, "2026-11-18", true);
  left_open.part.seen.reset();
  left_open.part.answers["seen"] = model::NotCovered{"the police asked me to leave"};
  for (const auto& record : {seen, attempt, left_open})
    REQUIRE(wren.one(Tablet::submit(record, child_id("A1"))).status == OpStatus::Applied);
  for (const auto& record : {cin, returned}) REQUIRE(wren.one(Tablet::submit(record, child_id("B1"))).status == OpStatus::Applied);
  approve(sparrow, seen.id, "A1");
  REQUIRE(sparrow.one(sparrow.decide(*sparrow.has(child_id("B1"), returned.id), child_id("B1"), model::Verdict::Returned, "Say more.")).status ==
          OpStatus::Applied);
  auto folder = office.folder() / "out";
  auto report = server::export_records(*office.repository, {visit_form()}, shipped_rules().thresholds, office.blobs, folder, office.clock.now);
  REQUIRE(report.has_value());
  CHECK(report->records == 1);

  auto cp = rows(folder / "ssd_cp_visits.csv");
  REQUIRE(cp.size() == 1);  // 23:30 UTC was the next day there
  CHECK(cp[0].cells == std::vector<std::string>{"A1", "CP77", seen.id.str(), "2026-11-13", "Y", "Y", "Y"});
  auto cin_rows = rows(folder / "ssd_cin_visits.csv");
  REQUIRE(cin_rows.size() == 1);
  CHECK(cin_rows[0].cells == std::vector<std::string>{"B1", cin.id.str(), "2026-11-14", "Y", "Y", "Y"});
  CHECK(rows(folder / "ssd_cla_visits.csv").empty());
  auto unseen = rows(folder / "not_seen.csv");
  REQUIRE(unseen.size() == 2);  // in the order of their ids
  if (unseen[0].cells.at(1) != attempt.id.str()) std::swap(unseen[0], unseen[1]);
  CHECK(unseen[0].cells == std::vector<std::string>{"A1", attempt.id.str(), "2026-11-17", "CP", "NO_ACCESS", "NOT_HOME", "2026-11-13"});
  CHECK(unseen[1].cells == std::vector<std::string>{"A1", left_open.id.str(), "2026-11-19", "CP", "COMPLETED", "NOT_COVERED", "2026-11-13"});
  bool found = false;
  for (const auto& row : rows(folder / "last_seen.csv")) found = found || row.cells == std::vector<std::string>{"A1", "2026-11-13", "Y"};
  CHECK(found);
}

TEST_CASE("import-filed: only the approved text's own hash files a record, once, and tablets hear of it", "[server]") {
  Office office;
  Tablet wren(office, "wren"), sparrow(office, "sparrow");
  auto record = wren.record(any_id("r"), child_id("A1"));
  wren.sync({Tablet::submit(record, child_id("A1"))});
  auto line = [&](const std::string& hash) { return "record,hash,filed_at,reference\n" + record.id.str() + "," + hash + ",2026-11-18T10:00:00Z,MOS-1\n"; };
  auto filed = [&](const std::string& text) {
    auto report = server::import_filed(*office.repository, "filed.csv", text, office.clock.now);
    REQUIRE(report.has_value());
    return *report;
  };
  const std::string hash = office.head(record.id)->hash;
  CHECK(filed(line(hash)).problems.at(0).str().starts_with("filed.csv:2: record: "));
  approve(sparrow, record.id, "A1");
  CHECK(filed(line(std::string(64, '0'))).problems.at(0).str() == "filed.csv:2: hash: is not the approved text's");
  wren.sync();
  CHECK_FALSE(wren.has(child_id("A1"), record.id)->filed_at.has_value());
  CHECK(filed(line(hash)).filed == 1);
  CHECK(filed(line(hash)).filed == 0);
  wren.sync();
  const auto* head = wren.has(child_id("A1"), record.id);
  CHECK(head->filed_at == base::from_rfc3339("2026-11-18T10:00:00Z"));
  CHECK(head->state == State::Approved);
  CHECK(head->rev == 2);
}

TEST_CASE("export: nobody signs with another's name, and no number of a tablet's leads anywhere", "[server]") {
  Office office;
  Tablet wren(office, "wren"), sparrow(office, "sparrow");
  auto record = visit_of(wren, "r", "A1", model::VisitType::Cin, "2026-11-10", true);
  record.facts.start->offset_min = std::numeric_limits<std::int64_t>::max();
  model::Stroke stroke;
  stroke.id = any_id("stroke");
  stroke.points = {{1e300, -1e300}, {0.5, 0.25}};
  record.part.strokes = {stroke};
  REQUIRE(wren.one(Tablet::submit(record, child_id("A1"))).status == OpStatus::Applied);
  sparrow.sync();
  const auto head = *sparrow.has(child_id("A1"), record.id);
  auto decide = sparrow.decide(head, child_id("A1"), model::Verdict::Approved, "Read.");
  auto decision = *wire::decode<model::Decision>(decide.body);
  decision.reviewer_name = "The Director";
  decide.body = wire::encode(decision);
  REQUIRE(sparrow.one(decide).status == OpStatus::Applied);
  model::Addendum addendum;
  addendum.id = any_id("addendum");
  addendum.record = record.id;
  addendum.author = wren.worker;
  addendum.author_name = "The Director";
  addendum.text = "More.";
  wren.sync();
  REQUIRE(wren.one(Tablet::on(OpKind::Addendum, *wren.has(child_id("A1"), record.id), child_id("A1"), wire::encode(addendum))).status ==
          OpStatus::Applied);
  auto folder = office.folder() / "out";
  REQUIRE(server::export_records(*office.repository, {visit_form()}, shipped_rules().thresholds, office.blobs, folder, office.clock.now).has_value());
  auto page = file(folder / "records" / (record.id.str() + ".html"));
  CHECK(page.find("The Director") == std::string::npos);
  CHECK(page.find("Approved by Sparrow Khan") != std::string::npos);
  CHECK(page.find("Wren Abara, ") != std::string::npos);
  CHECK(page.find("points=\"1000,0 500,188 \"") != std::string::npos);
  auto visits = rows(folder / "ssd_cin_visits.csv");
  REQUIRE(visits.size() == 1);
  CHECK(visits[0].cells[2] == "2026-11-11");
}

TEST_CASE("export: a record's photos lie beside its page, and one that is gone keeps nothing else back", "[server]") {
  Office office;
  Tablet wren(office, "wren"), sparrow(office, "sparrow");
  const std::string bytes = "\xFF\xD8\xFF a photo", other = "\xFF\xD8\xFF another";
  auto record = wren.record(any_id("with photos"), child_id("A1"));
  record.part.attachments.emplace();
  for (const auto& one : {bytes, other})
    record.part.attachments->push_back({any_id(one), base::sha256_hex(one), static_cast<std::int64_t>(one.size()), "image/jpeg",
                                        "The <bedroom>", {1}});
  wren.sync({Tablet::submit(record, child_id("A1"))});
  const auto actor = office.read([&](server::Unit& unit) -> base::Result<server::Actor> {
    return server::Actor{*unit.worker(wren.worker).value(), *unit.device(wren.device).value()};
  });
  for (const auto& one : {bytes, other})
    REQUIRE(server::take_blob_part(*office.repository, office.blobs, actor, base::sha256_hex(one), 0, one, office.clock.now)->verified);
  approve(sparrow, record.id, "A1");
  const auto row = office.repository->read().value()->blob_of(wren.worker, base::sha256_hex(other)).value()->id;
  std::filesystem::remove(office.blobs.folder / row.str());

  const auto folder = office.folder() / "export";
  auto report = server::export_records(*office.repository, {visit_form()}, shipped_rules().thresholds, office.blobs, folder, office.clock.now);
  REQUIRE(report.has_value());
  CHECK(report->blobs == 1);
  CHECK(report->blobs_unread == 1);
  const std::string name = record.id.str() + "-1.jpg";
  CHECK(file(folder / "records" / name) == bytes);
  CHECK(file(folder / "manifest.json").find(base::sha256_hex(bytes)) != std::string::npos);
  const std::string page = file(folder / "records" / (record.id.str() + ".html"));
  CHECK(page.find("<img src=\"" + name + "\" alt=\"The &lt;bedroom&gt;\">") != std::string::npos);
  CHECK(page.find("It could not be read when this was exported.") != std::string::npos);
  CHECK(file(folder / "records" / (record.id.str() + ".json")).find(name) != std::string::npos);
}

TEST_CASE("export: the family's page holds the steps that were agreed with it, and no other word of the record", "[server]") {
  Office office;
  Tablet wren(office, "wren"), sparrow(office, "sparrow");
  const auto step = [](const char* what, const char* owner, const char* due, std::optional<model::StepStatus> status = {}) {
    return model::PlanStep{any_id(what), what, owner, base::date_from_iso(due), status, "CANARY note"};
  };
  const auto directed = step("Strategy discussion with the police", "Sparrow Khan", "2026-11-24");
  const auto full = [&](const std::string& name) {
    auto out = visit_of(wren, name, "A1", model::VisitType::Cp, "2026-11-12", true);
    out.part.called = "Amara";
    out.part.open_steps = {step("Register with a <GP>", "Grace", "2026-12-01", model::StepStatus::Open), directed,
                           step("Fix the boiler", "Landlord", "2026-11-01", model::StepStatus::Done),
                           step("Swimming", "Grace", "", model::StepStatus::Dropped)};
    out.part.next_steps = {step("Bedtime at eight", "", ""), step("Ring the school", "Wren Abara", "2026-11-20"), step(" \n", "Grace", "")};
    for (const char* id : {"analysis", "said", "saw", "told", "unknown_question"}) out.part.answers[id] = std::string("CANARY ") + id;
    out.facts.answers["household"] = std::string("CANARY household");
    out.part.risk = {};
    out.part.risk.why = "CANARY risk";
    out.part.risk.level = "CANARY level";
    model::Disclosure told;
    told.exact_words = "CANARY disclosure";
    out.part.disclosures = {told};
    model::Injury injury;
    injury.looks = "CANARY injury";
    out.part.injuries = {injury};
    model::Present present;
    present.name = "CANARY present";
    out.facts.present = {present};
    model::Jotting jotting;
    jotting.text = "CANARY jotting";
    out.jottings = {jotting};
    out.address = "CANARY address";
    out.family_name = "CANARY family";
    return out;
  };
  const auto met = full("met");
  auto not_in = full("not in"), left_out = full("left out"), nothing = full("nothing");
  not_in.facts.outcome = model::Outcome::NoAccess;
  not_in.part.seen = false;
  left_out.part.skip_reason = "SEEN_TODAY";
  nothing.part.open_steps = {directed};
  nothing.part.next_steps.clear();
  bool first = true;
  for (const auto& record : {met, not_in, left_out, nothing}) {
    INFO(record.id.str());
    REQUIRE(wren.one(Tablet::submit(record, child_id("A1"))).status == OpStatus::Applied);
    sparrow.sync();
    auto decide = sparrow.decide(*sparrow.has(child_id("A1"), record.id), child_id("A1"), model::Verdict::Approved, "CANARY rationale");
    if (first) {
      auto decision = *wire::decode<model::Decision>(decide.body);
      decision.directed_steps = {directed};
      decide.body = wire::encode(decision);
    }
    first = false;
    REQUIRE(sparrow.one(decide).status == OpStatus::Applied);
  }
  const auto folder = office.folder() / "out";
  const auto report =
      server::export_records(*office.repository, {visit_form()}, shipped_rules().thresholds, office.blobs, folder, office.clock.now);
  REQUIRE(report.has_value());
  CHECK(report->records == 4);
  CHECK(report->family_copies == 1);
  const std::string name = "records/" + met.id.str() + "-family.html";
  const std::string page = file(folder / name);
  CHECK(page.find("CANARY") == page.npos);
  const auto body = unescaped(page.substr(page.find("<h1>")));
  CHECK(body ==
        "<h1>What we agreed</h1>\n<p>Visit on 12 November 2026</p>\n<h2 dir=\"auto\">Amara</h2>\n"
        "<section><h3 dir=\"auto\">Ring the school</h3><p>Who sees to it: <bdi>Wren Abara</bdi></p><p>To be done by: 20 November 2026</p></section>\n"
        "<section><h3 dir=\"auto\">Register with a <GP></h3><p>Who sees to it: <bdi>Grace</bdi></p><p>To be done by: 1 December 2026</p></section>\n"
        "<section><h3 dir=\"auto\">Bedtime at eight</h3><p>Who sees to it: <bdi>Nobody named</bdi></p><p>To be done by: no date yet</p></section>\n"
        "<section><h2>If something here is not right</h2><p>Tell <bdi>Wren Abara</bdi>, or write it here and give this page back.</p>"
        "<div class=\"wrong\"></div></section>\n</body></html>\n");
  CHECK(page.find("Register with a &lt;GP&gt;") != page.npos);
  CHECK(page.find("@page{size:A4") != page.npos);
  CHECK(page.find("@media print{") < page.find(".office{display:none}"));

  const auto manifest = boost::json::parse(file(folder / "manifest.json")).as_object();
  int listed = 0, named = 0;
  for (const auto& entry : manifest.at("files").as_array())
    if (entry.as_object().at("path").as_string() == name) {
      ++listed;
      CHECK(entry.as_object().at("sha256").as_string() == base::sha256_hex(page));
    }
  for (const auto& entry : manifest.at("records").as_array())
    if (const auto* copy = entry.as_object().if_contains("family_copy")) {
      ++named;
      CHECK(copy->as_string() == name);
      CHECK(entry.as_object().at("record").as_string() == met.id.str());
    }
  CHECK(listed == 1);
  CHECK(named == 1);
  CHECK(file(folder / "index.html").find("<a href=\"" + name + "\">the family's copy</a>") != std::string::npos);
}
