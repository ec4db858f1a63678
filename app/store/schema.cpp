#include "app/store/schema.h"

namespace doorstep::store {
namespace {

constexpr sql::Migration kMigrations[] = {{1, R"sql(
CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;

-- What the server's logs said. Every revision of a child record is kept, of other records only the newest.
CREATE TABLE cases (
  id BLOB PRIMARY KEY,
  seq INTEGER NOT NULL,
  chain TEXT NOT NULL,
  dropped INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
CREATE TABLE revisions (
  record BLOB NOT NULL,
  rev INTEGER NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  author BLOB NOT NULL,
  device BLOB NOT NULL,
  at INTEGER NOT NULL,
  hash TEXT NOT NULL,
  body TEXT NOT NULL,
  merged INTEGER,
  filed_at INTEGER,
  PRIMARY KEY (record, rev)) STRICT;
CREATE TABLE record_cases (
  record BLOB NOT NULL,
  case_id BLOB NOT NULL REFERENCES cases,
  kind TEXT NOT NULL,
  PRIMARY KEY (record, case_id)) STRICT, WITHOUT ROWID;
CREATE INDEX record_cases_by_case ON record_cases (case_id, kind);
CREATE INDEX record_cases_by_kind ON record_cases (kind);

-- Visits being written. `dirty` is the mark that this state has to be frozen and sent.
CREATE TABLE drafts (
  visit BLOB PRIMARY KEY,
  body TEXT NOT NULL,
  stage INTEGER NOT NULL,
  base_rev INTEGER NOT NULL,
  base_hash TEXT NOT NULL,
  base_body TEXT NOT NULL,
  dirty INTEGER NOT NULL,
  await_rev INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  saved_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  unseen_body TEXT NOT NULL,
  indexed INTEGER NOT NULL DEFAULT 0) STRICT;
-- How to get from one state of a draft back to the one before: its first `prefix` bytes, `middle`, its last `suffix` bytes.
CREATE TABLE journal (
  visit BLOB NOT NULL,
  n INTEGER NOT NULL,
  at INTEGER NOT NULL,
  prefix INTEGER NOT NULL,
  suffix INTEGER NOT NULL,
  middle TEXT NOT NULL,
  PRIMARY KEY (visit, n)) STRICT, WITHOUT ROWID;

-- Operations: first queued, then frozen with number, bytes and chain.
CREATE TABLE queued (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  record BLOB NOT NULL,
  case_id BLOB NOT NULL,
  record_kind TEXT NOT NULL,
  base_rev INTEGER NOT NULL,
  base_hash TEXT NOT NULL,
  at INTEGER NOT NULL,
  body TEXT NOT NULL,
  urgent INTEGER NOT NULL,
  visit BLOB NOT NULL,
  part BLOB NOT NULL) STRICT;
CREATE TABLE ops (
  incarnation INTEGER NOT NULL,
  number INTEGER NOT NULL,
  bytes TEXT NOT NULL,
  size INTEGER NOT NULL,
  prev TEXT NOT NULL,
  hash TEXT NOT NULL,
  kind TEXT NOT NULL,
  record BLOB NOT NULL,
  case_id BLOB NOT NULL,
  visit BLOB NOT NULL,
  part BLOB NOT NULL,
  acked INTEGER NOT NULL DEFAULT 0,
  settled INTEGER NOT NULL DEFAULT 0,
  dismissed INTEGER NOT NULL DEFAULT 0,
  status TEXT,
  code TEXT,
  detail TEXT,
  rev INTEGER,
  result_hash TEXT,
  PRIMARY KEY (incarnation, number)) STRICT;
CREATE INDEX ops_waiting ON ops (incarnation, number) WHERE acked = 0;
CREATE INDEX ops_by_record ON ops (record);
CREATE INDEX ops_by_visit ON ops (visit);
CREATE INDEX ops_by_case ON ops (case_id);
CREATE INDEX ops_answers ON ops (incarnation, number) WHERE acked = 1 AND dismissed = 0 AND status <> 'applied';

-- Cases that left: `ready` once nothing of them is in the WAL either, `told` when a push carried the receipt.
CREATE TABLE purged (
  case_id BLOB PRIMARY KEY,
  ready INTEGER NOT NULL DEFAULT 0,
  told INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;

-- Search. Deleted words leave the index at once, not with the next merge of its segments.
CREATE TABLE indexed (
  doc INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  what INTEGER NOT NULL,
  case_id BLOB NOT NULL) STRICT;
CREATE VIRTUAL TABLE words USING fts5(title, text, tokenize = 'unicode61 remove_diacritics 2');
INSERT INTO words(words, rank) VALUES ('secure-delete', 1);
)sql"},
{2, R"sql(
-- Words typed that no record holds yet. They go with the case they are about; nil: of none.
CREATE TABLE unfinished (
  key TEXT PRIMARY KEY,
  case_id BLOB NOT NULL,
  text TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX unfinished_by_case ON unfinished (case_id);
)sql"},
{3, R"sql(
-- What the next Put of a draft is relative to. It changes with an answer of the server, not with each save, so it lies apart.
CREATE TABLE draft_bases (
  visit BLOB PRIMARY KEY REFERENCES drafts ON DELETE CASCADE,
  body TEXT NOT NULL) STRICT;
INSERT INTO draft_bases SELECT visit, base_body FROM drafts;
ALTER TABLE drafts DROP COLUMN base_body;
)sql"},
{4, R"sql(
-- The server's signed word about one operation each. `fault`: empty, or why it does not check out. `standing` 0: the server was
-- restored to a time before it. They go with their record.
CREATE TABLE receipts (
  n INTEGER PRIMARY KEY AUTOINCREMENT,
  incarnation INTEGER NOT NULL,
  operation INTEGER NOT NULL,
  record BLOB NOT NULL,
  number INTEGER NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  rev INTEGER NOT NULL,
  hash TEXT NOT NULL,
  fault TEXT NOT NULL,
  standing INTEGER NOT NULL DEFAULT 1,
  statement TEXT NOT NULL,
  signature TEXT NOT NULL,
  signer TEXT NOT NULL) STRICT;
CREATE INDEX receipts_by_record ON receipts (record);
CREATE INDEX receipts_by_operation ON receipts (incarnation, operation);
)sql"},
  {5, R"sql(
-- Photos and drawings: their bytes are files beside this one (`id`), each under its own key, which goes with the last record that
-- refers to it. `need`: the server has so many bytes and wants the rest. `referred`: something has referred to it.
CREATE TABLE blobs (
  sha256 TEXT PRIMARY KEY,
  id BLOB NOT NULL,
  key BLOB NOT NULL,
  size INTEGER NOT NULL,
  whole INTEGER NOT NULL,
  need INTEGER,
  referred INTEGER NOT NULL,
  damaged INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
-- `record`: a child record, or a draft's visit. `wanted`: somebody opened it here, and it is to be fetched.
CREATE TABLE blob_refs (
  record BLOB NOT NULL,
  sha256 TEXT NOT NULL,
  size INTEGER NOT NULL,
  wanted INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (record, sha256)) STRICT, WITHOUT ROWID;
CREATE INDEX blob_refs_by_blob ON blob_refs (sha256);
)sql"},
  {6, R"sql(
-- The worker's own records of a case whose history the server has no more, as they were last read, until the new one is here.
CREATE TABLE outlived (
  record BLOB PRIMARY KEY,
  case_id BLOB NOT NULL,
  state TEXT NOT NULL,
  body TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX outlived_by_case ON outlived (case_id);
)sql"},
  {7, R"sql(
-- What was submitted here, without its bytes: whether any of it is not among the kept revisions is asked at each reading of the caseload.
CREATE INDEX ops_submitted ON ops (incarnation, number, acked, status, settled, record, rev, case_id) WHERE kind='submit' AND bytes<>'';
)sql"},
  {8, R"sql(
-- The newest version that this case's log told of: a restored server may have told less of one case than it once did of another.
ALTER TABLE record_cases ADD COLUMN told_rev INTEGER NOT NULL DEFAULT 0;
UPDATE record_cases SET told_rev=ifnull((SELECT max(rev) FROM revisions r WHERE r.record=record_cases.record), 0);
)sql"},
  {9, R"sql(
-- Also what the worker said beside a record: decisions, addenda, dispositions.
ALTER TABLE outlived ADD COLUMN kind TEXT NOT NULL DEFAULT 'child_record';
)sql"}};

}  // namespace

std::span<const sql::Migration> migrations() { return kMigrations; }

}  // namespace doorstep::store
