#include "app/store/impl.h"
#include "platform/base/log.h"
#include "sync/model/visit.h"
#include "sync/wire/codec.h"

namespace doorstep::store {
namespace {

/// Ids, times and codes are no words of anybody's.
bool is_prose(std::string_view text) {
  if (text.empty() || Id::parse(text) || base::from_rfc3339(text) || base::date_from_iso(text)) return false;
  return !std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; });
}

void collect(const boost::json::value& value, std::string& out) {
  if (const auto* text = value.if_string()) {
    std::string_view words(text->data(), text->size());
    if (is_prose(words)) (out += words) += '\n';
  } else if (const auto* list = value.if_array()) {
    for (const auto& item : *list) collect(item, out);
  } else if (const auto* object = value.if_object()) {
    for (const auto& [key, member] : *object)
      if (key != "versions" && key != "revises" && key != "zone") collect(member, out);
  }
}

/// Every text of a body, whatever its fields are called: a question added to the form is found as well.
std::string prose_of(const boost::json::value& document) {
  std::string out;
  collect(document, out);
  return out;
}

/// The search box's words as an FTS5 expression: each quoted, so that nothing typed is an operator, the last one unfinished.
std::string expression(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    auto start = text.find_first_not_of(" \t\r\n\"", at);
    if (start == std::string_view::npos) break;
    auto end = text.find_first_of(" \t\r\n\"", start);
    if (end == std::string_view::npos) end = text.size();
    if (!out.empty()) out += ' ';
    (out += '"') += text.substr(start, end - start);
    out += '"';
    at = end;
  }
  if (!out.empty()) out += '*';
  return out;
}

int place(Hit::What what) { return static_cast<int>(what); }

}  // namespace

Result<void> Store::Impl::unindex(Id id) {
  DOORSTEP_TRY_ASSIGN(auto doc, db.first<std::int64_t>("SELECT doc FROM indexed WHERE id=?", id));
  if (!doc) return {};
  DOORSTEP_TRY(db.exec("DELETE FROM words WHERE rowid=?", *doc));
  DOORSTEP_TRY(db.exec("DELETE FROM indexed WHERE doc=?", *doc));
  return {};
}

Result<void> Store::Impl::index(Id id, int what, Id case_id, std::string_view title, std::string_view text) {
  DOORSTEP_TRY(unindex(id));
  DOORSTEP_TRY(db.exec("INSERT INTO indexed(id, what, case_id) VALUES (?,?,?)", id, what, case_id));
  DOORSTEP_TRY(db.exec("INSERT INTO words(rowid, title, text) VALUES (?,?,?)", db.last_insert_rowid(), title, text));
  return {};
}

Reading read(const model::Revision& revision) {
  Reading out;
  boost::json::monotonic_resource values;
  const auto document = wire::parse_json(revision.body, &values);
  if (!document) return out;
  if (revision.kind == RecordKind::Child) {
    if (auto child = wire::decode_value<model::Child>(*document)) out.title = std::move(child->name);
  } else if (revision.kind == RecordKind::Family) {
    if (auto family = wire::decode_value<model::Family>(*document)) out.title = std::move(family->name);
  } else if (revision.kind == RecordKind::ChildRecord) {
    if (auto record = wire::decode_value<model::ChildRecord>(*document)) {
      out.title = record->part.name;
      out.version = std::make_shared<model::RecordVersion>(model::RecordVersion{revision, std::move(*record)});
    }
  }
  if (out.title) out.prose = prose_of(*document);
  return out;
}

Result<void> Store::Impl::index_revision(Id case_id, const model::Revision& revision, Reading reading) {
  Hit::What what;
  switch (revision.kind) {
    case RecordKind::Child: what = Hit::What::Child; break;
    case RecordKind::Family: what = Hit::What::Family; break;
    case RecordKind::ChildRecord: what = Hit::What::Record; break;
    default: return {};
  }
  if (!reading.title) {
    base::log_event("store.unreadable", revision.record, revision.rev);
    return {};
  }
  // The screens will ask for it next.
  if (reading.version) decoded[{revision.record, revision.rev}] = std::move(reading.version);
  DOORSTEP_TRY_ASSIGN(auto newer, db.first<std::int64_t>("SELECT 1 FROM revisions WHERE record=? AND rev>?", revision.record, revision.rev));
  if (newer) return {};
  return index(revision.record, place(what), case_id, *reading.title, reading.prose);
}

/// Drafts are indexed when somebody searches, so that a save does not pay for it.
Result<void> Store::Impl::index_drafts() {
  std::vector<std::pair<Id, std::string>> stale;
  DOORSTEP_TRY(db.query("SELECT visit, body FROM drafts WHERE indexed=0 AND stage<>?", kStageDiscarded,
                        [&](const sql::Row& row) { stale.emplace_back(row.id(0), row.string(1)); }));
  for (const auto& [visit_id, body] : stale) {
    DOORSTEP_TRY_ASSIGN(auto document, wire::parse_json(body));
    DOORSTEP_TRY_ASSIGN(auto visit, wire::decode_value<model::Visit>(document));
    std::string title = visit.family_name;
    for (const auto& child : visit.children) (title += title.empty() ? "" : ", ") += child.name;
    DOORSTEP_TRY(index(visit_id, place(Hit::What::Draft), Id(), title, prose_of(document)));
    DOORSTEP_TRY(db.exec("UPDATE drafts SET indexed=1 WHERE visit=?", visit_id));
  }
  return {};
}

Result<std::vector<Hit>> Store::search(std::string_view text, std::size_t limit) {
  std::vector<Hit> out;
  std::string match = expression(text);
  if (match.empty()) return out;
  DOORSTEP_TRY_ASSIGN(auto tx, sql::Transaction::begin(impl_->db));
  DOORSTEP_TRY(impl_->index_drafts());
  DOORSTEP_TRY(impl_->db.query(
      // A family is indexed under one of its children's cases, which may be about to leave before the others.
      "SELECT i.what, i.id, iif(i.case_id IN (SELECT id FROM cases WHERE dropped=1), (SELECT r.case_id FROM record_cases r JOIN cases c"
      " ON c.id=r.case_id WHERE r.record=i.id AND dropped=0), i.case_id) AS held, words.title,"
      " snippet(words, -1, char(2), char(3), '…', 16) FROM words JOIN indexed i ON i.doc=words.rowid WHERE words MATCH ?"
      " AND held IS NOT NULL"
      " ORDER BY i.what=2, bm25(words, 10.0, 1.0) LIMIT ?", match, static_cast<std::int64_t>(limit), [&](const sql::Row& row) {
    Hit hit;
    hit.what = static_cast<Hit::What>(row.integer(0));
    hit.id = row.id(1);
    hit.case_id = row.id(2);
    hit.title = row.string(3);
    hit.snippet = row.string(4);
    out.push_back(std::move(hit));
  }));
  DOORSTEP_TRY(tx.commit());
  return out;
}

}  // namespace doorstep::store
