#pragma once
#include "platform/sql/db.h"

namespace doorstep::server {

/// The case server's schema. A step never changes after it shipped. Ids are 16 raw bytes, times ms since 1970 UTC.
inline constexpr sql::Migration kSchema[] = {
    {1, R"sql(
CREATE TABLE settings(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO settings VALUES('epoch', lower(hex(randomblob(16))));

CREATE TABLE workers(id BLOB PRIMARY KEY, external_ref TEXT NOT NULL UNIQUE, name TEXT NOT NULL, role TEXT NOT NULL,
  team BLOB NOT NULL, team_name TEXT NOT NULL, qualified INTEGER, active INTEGER NOT NULL, revoked INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX workers_team ON workers(team);
CREATE TABLE devices(id BLOB PRIMARY KEY, worker BLOB NOT NULL REFERENCES workers, active INTEGER NOT NULL,
  enrolled_at INTEGER NOT NULL, activated_at INTEGER, seen_at INTEGER) WITHOUT ROWID;
CREATE TABLE tokens(hash TEXT PRIMARY KEY, worker BLOB NOT NULL REFERENCES workers, created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL, used_at INTEGER, device BLOB, spki_pin TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE tickets(hash TEXT PRIMARY KEY, device BLOB NOT NULL REFERENCES devices, worker BLOB NOT NULL REFERENCES workers,
  expires_at INTEGER NOT NULL, used_at INTEGER, spki_pin TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE certificates(serial TEXT PRIMARY KEY, device BLOB NOT NULL REFERENCES devices, worker BLOB,
  fingerprint TEXT NOT NULL, issued_at INTEGER NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE cases(id BLOB PRIMARY KEY, owner BLOB, allocated BLOB, team BLOB, provisional INTEGER NOT NULL DEFAULT 0,
  alias_of BLOB, head INTEGER NOT NULL DEFAULT 0, chain TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX cases_owner ON cases(owner);
CREATE INDEX cases_allocated ON cases(allocated);
CREATE INDEX cases_team ON cases(team);
CREATE TABLE cover(case_id BLOB NOT NULL REFERENCES cases, worker BLOB NOT NULL, until TEXT NOT NULL,
  PRIMARY KEY(case_id, worker)) WITHOUT ROWID;
CREATE INDEX cover_worker ON cover(worker);
CREATE TABLE held(case_id BLOB NOT NULL, worker BLOB NOT NULL, PRIMARY KEY(case_id, worker)) WITHOUT ROWID;

CREATE TABLE revisions(record BLOB NOT NULL, rev INTEGER NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL,
  author BLOB, device BLOB, at INTEGER NOT NULL, hash TEXT NOT NULL, body TEXT NOT NULL, merged INTEGER,
  PRIMARY KEY(record, rev));
CREATE TABLE records(record BLOB PRIMARY KEY, kind TEXT NOT NULL, rev INTEGER NOT NULL, state TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX records_kind ON records(kind, record);
CREATE TABLE record_cases(record BLOB NOT NULL, case_id BLOB NOT NULL REFERENCES cases, PRIMARY KEY(record, case_id)) WITHOUT ROWID;
CREATE TABLE case_log(case_id BLOB NOT NULL REFERENCES cases, seq INTEGER NOT NULL, record BLOB NOT NULL, rev INTEGER NOT NULL,
  hash TEXT NOT NULL, chain TEXT NOT NULL, PRIMARY KEY(case_id, seq)) WITHOUT ROWID;
CREATE TABLE filed(record BLOB NOT NULL, rev INTEGER NOT NULL, at INTEGER NOT NULL, reference TEXT NOT NULL,
  PRIMARY KEY(record, rev)) WITHOUT ROWID;
CREATE TABLE settled(alert BLOB PRIMARY KEY, disposition BLOB NOT NULL) WITHOUT ROWID;

CREATE TABLE operations(device BLOB NOT NULL REFERENCES devices, incarnation INTEGER NOT NULL, number INTEGER NOT NULL,
  hash TEXT NOT NULL, bytes TEXT NOT NULL, worker BLOB NOT NULL, received_at INTEGER NOT NULL, status TEXT NOT NULL,
  code TEXT, detail TEXT NOT NULL, rev INTEGER NOT NULL, rev_hash TEXT NOT NULL, PRIMARY KEY(device, incarnation, number));
CREATE TABLE device_chains(device BLOB NOT NULL REFERENCES devices, incarnation INTEGER NOT NULL, through INTEGER NOT NULL,
  hash TEXT NOT NULL, PRIMARY KEY(device, incarnation)) WITHOUT ROWID;
CREATE TABLE receipts(number INTEGER PRIMARY KEY AUTOINCREMENT, device BLOB NOT NULL REFERENCES devices,
  incarnation INTEGER NOT NULL, through INTEGER NOT NULL, hash TEXT NOT NULL, at INTEGER NOT NULL);
CREATE TABLE views(device BLOB NOT NULL REFERENCES devices, digest TEXT NOT NULL, cursors TEXT NOT NULL,
  PRIMARY KEY(device, digest)) WITHOUT ROWID;
CREATE TABLE purged(device BLOB NOT NULL, case_id BLOB NOT NULL, at INTEGER NOT NULL);
CREATE TABLE audit(number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, worker BLOB, device BLOB,
  action TEXT NOT NULL, object BLOB, outcome TEXT NOT NULL, chain TEXT NOT NULL);

-- REPLACE deletes without asking DELETE triggers, so inserts over an existing row are refused as well.
CREATE TRIGGER revisions_fixed BEFORE UPDATE ON revisions WHEN OLD.state <> 'APPROVED'
  BEGIN SELECT RAISE(ABORT, 'a revision never changes'); END;
CREATE TRIGGER revisions_kept BEFORE DELETE ON revisions WHEN OLD.state <> 'APPROVED'
  BEGIN SELECT RAISE(ABORT, 'a revision is never deleted'); END;
CREATE TRIGGER approved_fixed BEFORE UPDATE ON revisions WHEN OLD.state = 'APPROVED'
  BEGIN SELECT RAISE(ABORT, 'an approved record never changes'); END;
CREATE TRIGGER approved_kept BEFORE DELETE ON revisions WHEN OLD.state = 'APPROVED'
  BEGIN SELECT RAISE(ABORT, 'an approved record is never deleted'); END;
CREATE TRIGGER approved_final BEFORE INSERT ON revisions
  WHEN EXISTS(SELECT 1 FROM revisions WHERE record = NEW.record AND state = 'APPROVED')
  BEGIN SELECT RAISE(ABORT, 'an approved record takes no further revision'); END;
CREATE TRIGGER revisions_once BEFORE INSERT ON revisions
  WHEN EXISTS(SELECT 1 FROM revisions WHERE record = NEW.record AND rev = NEW.rev)
  BEGIN SELECT RAISE(ABORT, 'this revision exists'); END;
CREATE TRIGGER operations_fixed BEFORE UPDATE ON operations BEGIN SELECT RAISE(ABORT, 'an operation never changes'); END;
CREATE TRIGGER operations_kept BEFORE DELETE ON operations BEGIN SELECT RAISE(ABORT, 'an operation is never deleted'); END;
CREATE TRIGGER operations_once BEFORE INSERT ON operations
  WHEN EXISTS(SELECT 1 FROM operations WHERE device = NEW.device AND incarnation = NEW.incarnation AND number = NEW.number)
  BEGIN SELECT RAISE(ABORT, 'this operation exists'); END;
CREATE TRIGGER case_log_fixed BEFORE UPDATE ON case_log BEGIN SELECT RAISE(ABORT, 'a log entry never changes'); END;
CREATE TRIGGER case_log_kept BEFORE DELETE ON case_log BEGIN SELECT RAISE(ABORT, 'a log entry is never deleted'); END;
CREATE TRIGGER case_log_once BEFORE INSERT ON case_log
  WHEN EXISTS(SELECT 1 FROM case_log WHERE case_id = NEW.case_id AND seq = NEW.seq)
  BEGIN SELECT RAISE(ABORT, 'this log entry exists'); END;
CREATE TRIGGER audit_fixed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit never changes'); END;
CREATE TRIGGER audit_kept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is never deleted'); END;
CREATE TRIGGER audit_once BEFORE INSERT ON audit WHEN EXISTS(SELECT 1 FROM audit WHERE number = NEW.number)
  BEGIN SELECT RAISE(ABORT, 'this audit line exists'); END;
)sql"},
    {2, R"sql(
-- Photos and drawings: their bytes are files beside this one, each under its own key.
CREATE TABLE blobs(id BLOB PRIMARY KEY, owner BLOB NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL, added_at INTEGER NOT NULL,
  verified_at INTEGER, key BLOB NOT NULL, UNIQUE(owner, sha256)) WITHOUT ROWID;
CREATE INDEX blobs_sha256 ON blobs(sha256);
CREATE INDEX blobs_awaited ON blobs(id) WHERE verified_at IS NULL;
CREATE TABLE blob_refs(record BLOB NOT NULL, blob BLOB NOT NULL REFERENCES blobs, device BLOB NOT NULL,
  PRIMARY KEY(record, blob, device)) WITHOUT ROWID;
CREATE INDEX blob_refs_blob ON blob_refs(blob);
CREATE INDEX blob_refs_device ON blob_refs(device);
)sql"},
    {3, R"sql(
CREATE INDEX receipts_of ON receipts(device, incarnation, through);
)sql"},
    {4, R"sql(
ALTER TABLE workers ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;
)sql"},
    {5, R"sql(
-- mark: of the log's chain, so another number whenever it grows. The sums of a worker's marks tell that nothing changed; so each
-- index has all that such a sum asks. stamp: those sums, where a device that has this view lacks nothing.
ALTER TABLE cases ADD COLUMN mark INTEGER NOT NULL DEFAULT 0;
UPDATE cases SET mark = random() & 281474976710655;
DROP INDEX cases_owner;
DROP INDEX cases_allocated;
DROP INDEX cases_team;
CREATE INDEX cases_owner ON cases(owner, alias_of, mark) WHERE owner IS NOT NULL;
CREATE INDEX cases_allocated ON cases(allocated, owner, alias_of, mark) WHERE allocated IS NOT NULL;
CREATE INDEX cases_team ON cases(team, owner, alias_of, mark) WHERE team IS NOT NULL;
ALTER TABLE views ADD COLUMN stamp TEXT NOT NULL DEFAULT '';
)sql"},
    {6, R"sql(
-- A device's chain ends with the last of its operations; a second place to read that in was a page more to write for each.
DROP TABLE device_chains;
)sql"},
    {7, R"sql(
-- The last command to a device, and whether it told that it obeyed; number 0: there was none.
ALTER TABLE devices ADD COLUMN command INTEGER NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN command_kind TEXT NOT NULL DEFAULT '';
ALTER TABLE devices ADD COLUMN command_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN command_expires INTEGER NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN command_obeyed INTEGER;
)sql"},
    {8, R"sql(
-- Erasure: the order, and each record that went with it. From then on its bodies and operations may become empty, and nothing else.
CREATE TABLE erasure_orders(record BLOB PRIMARY KEY, worker BLOB NOT NULL, at INTEGER NOT NULL, reason TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE erased(record BLOB PRIMARY KEY, root BLOB NOT NULL, worker BLOB NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TRIGGER erasure_ordered BEFORE UPDATE ON erasure_orders WHEN EXISTS(SELECT 1 FROM erased WHERE root = OLD.record)
  BEGIN SELECT RAISE(ABORT, 'what was erased was erased on this order'); END;
CREATE TRIGGER erasure_kept BEFORE DELETE ON erasure_orders BEGIN SELECT RAISE(ABORT, 'an order is never deleted'); END;
CREATE TRIGGER erased_by_two BEFORE INSERT ON erased
  WHEN NOT EXISTS(SELECT 1 FROM erasure_orders WHERE record = NEW.root AND worker <> NEW.worker)
  BEGIN SELECT RAISE(ABORT, 'an erasure takes two people'); END;
CREATE TRIGGER erased_fixed BEFORE UPDATE ON erased BEGIN SELECT RAISE(ABORT, 'an erasure never changes'); END;
CREATE TRIGGER erased_kept BEFORE DELETE ON erased BEGIN SELECT RAISE(ABORT, 'an erasure is never deleted'); END;
CREATE TRIGGER erased_once BEFORE INSERT ON erased WHEN EXISTS(SELECT 1 FROM erased WHERE record = NEW.record)
  BEGIN SELECT RAISE(ABORT, 'this record was erased'); END;
DROP TRIGGER revisions_fixed;
CREATE TRIGGER revisions_fixed BEFORE UPDATE ON revisions WHEN OLD.state <> 'APPROVED' AND NOT
  (NEW.body = '' AND EXISTS(SELECT 1 FROM erased WHERE record = OLD.record) AND (NEW.record, NEW.rev, NEW.kind, NEW.state, NEW.author,
   NEW.device, NEW.at, NEW.hash, NEW.merged) IS (OLD.record, OLD.rev, OLD.kind, OLD.state, OLD.author, OLD.device, OLD.at, OLD.hash, OLD.merged))
  BEGIN SELECT RAISE(ABORT, 'a revision never changes'); END;
DROP TRIGGER approved_fixed;
CREATE TRIGGER approved_fixed BEFORE UPDATE ON revisions WHEN OLD.state = 'APPROVED' AND NOT
  (NEW.body = '' AND EXISTS(SELECT 1 FROM erased WHERE record = OLD.record) AND (NEW.record, NEW.rev, NEW.kind, NEW.state, NEW.author,
   NEW.device, NEW.at, NEW.hash, NEW.merged) IS (OLD.record, OLD.rev, OLD.kind, OLD.state, OLD.author, OLD.device, OLD.at, OLD.hash, OLD.merged))
  BEGIN SELECT RAISE(ABORT, 'an approved record never changes'); END;
DROP TRIGGER approved_final;
CREATE TRIGGER approved_final BEFORE INSERT ON revisions
  WHEN EXISTS(SELECT 1 FROM revisions WHERE record = NEW.record AND state = 'APPROVED')
    AND NOT (NEW.body = '' AND EXISTS(SELECT 1 FROM erased WHERE record = NEW.record))
  BEGIN SELECT RAISE(ABORT, 'an approved record takes no further revision'); END;
CREATE TRIGGER erased_final BEFORE INSERT ON revisions
  WHEN NEW.body <> '' AND EXISTS(SELECT 1 FROM erased WHERE record = NEW.record)
  BEGIN SELECT RAISE(ABORT, 'an erased record takes no words'); END;
DROP TRIGGER operations_fixed;
CREATE TRIGGER operations_fixed BEFORE UPDATE ON operations WHEN NOT
  (NEW.bytes = '' AND NEW.detail = '' AND json_valid(OLD.bytes)
   AND EXISTS(SELECT 1 FROM erased WHERE record = unhex(replace(json_extract(OLD.bytes, '$.record'), '-', '')))
   AND (NEW.device, NEW.incarnation, NEW.number, NEW.hash, NEW.worker, NEW.received_at, NEW.status, NEW.code, NEW.rev, NEW.rev_hash)
    IS (OLD.device, OLD.incarnation, OLD.number, OLD.hash, OLD.worker, OLD.received_at, OLD.status, OLD.code, OLD.rev, OLD.rev_hash))
  BEGIN SELECT RAISE(ABORT, 'an operation never changes'); END;
)sql"},
};

}  // namespace doorstep::server
