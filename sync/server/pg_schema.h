#pragma once
#include "platform/pg/db.h"

namespace doorstep::server {

/// The case server's schema on PostgreSQL: schema.h's, with what others administer sealed (sealing.h) and the audit chained for
/// each device, so that one tablet's line does not wait for another's. A step never changes after it shipped.
inline constexpr pg::Migration kPgSchema[] = {
    {1, R"sql(
CREATE TABLE settings(key text PRIMARY KEY, value text NOT NULL);
INSERT INTO settings VALUES('epoch', replace(gen_random_uuid()::text, '-', ''));

-- names are sealed
CREATE TABLE workers(id uuid PRIMARY KEY, external_ref text COLLATE "C" NOT NULL UNIQUE, name bytea NOT NULL, role text NOT NULL,
  team uuid NOT NULL, team_name bytea NOT NULL, qualified boolean, active boolean NOT NULL, revoked boolean NOT NULL);
CREATE INDEX workers_team ON workers(team);
CREATE TABLE devices(id uuid PRIMARY KEY, worker uuid NOT NULL REFERENCES workers, active boolean NOT NULL,
  enrolled_at bigint NOT NULL, activated_at bigint, seen_at bigint);
CREATE TABLE tokens(hash text PRIMARY KEY, worker uuid NOT NULL REFERENCES workers, created_at bigint NOT NULL,
  expires_at bigint NOT NULL, used_at bigint, device uuid, spki_pin text NOT NULL);
CREATE TABLE tickets(hash text PRIMARY KEY, device uuid NOT NULL REFERENCES devices,
  worker uuid NOT NULL REFERENCES workers, expires_at bigint NOT NULL, used_at bigint, spki_pin text NOT NULL);
CREATE INDEX tickets_device ON tickets(device);
CREATE TABLE certificates(serial text PRIMARY KEY, device uuid NOT NULL REFERENCES devices, worker uuid,
  fingerprint text NOT NULL, issued_at bigint NOT NULL, expires_at bigint NOT NULL);

CREATE TABLE cases(id uuid PRIMARY KEY, owner uuid, allocated uuid, team uuid, provisional boolean NOT NULL DEFAULT false,
  alias_of uuid, head bigint NOT NULL DEFAULT 0, chain text NOT NULL) WITH (fillfactor = 70);
CREATE INDEX cases_owner ON cases(owner);
CREATE INDEX cases_allocated ON cases(allocated);
CREATE INDEX cases_team ON cases(team);
CREATE TABLE cover(case_id uuid NOT NULL REFERENCES cases, worker uuid NOT NULL, until text COLLATE "C" NOT NULL,
  PRIMARY KEY(case_id, worker));
CREATE INDEX cover_worker ON cover(worker);
CREATE TABLE held(case_id uuid NOT NULL, worker uuid NOT NULL, PRIMARY KEY(case_id, worker));

-- A record's own key, wrapped by the master key outside. home: the case it was made for; part of what is authenticated.
CREATE TABLE record_keys(record uuid PRIMARY KEY, home uuid NOT NULL, key bytea NOT NULL);
CREATE TABLE revisions(record uuid NOT NULL, rev bigint NOT NULL, kind text NOT NULL, state text NOT NULL, author uuid,
  device uuid, at bigint NOT NULL, hash text NOT NULL, body bytea NOT NULL, merged boolean, PRIMARY KEY(record, rev));
CREATE TABLE records(record uuid PRIMARY KEY, kind text NOT NULL, rev bigint NOT NULL, state text NOT NULL);
CREATE INDEX records_kind ON records(kind, record);
CREATE TABLE record_cases(record uuid NOT NULL, case_id uuid NOT NULL REFERENCES cases, PRIMARY KEY(record, case_id));
CREATE TABLE case_log(case_id uuid NOT NULL REFERENCES cases, seq bigint NOT NULL, record uuid NOT NULL, rev bigint NOT NULL,
  hash text NOT NULL, chain text NOT NULL, PRIMARY KEY(case_id, seq), FOREIGN KEY(record, rev) REFERENCES revisions);
CREATE TABLE filed(record uuid NOT NULL, rev bigint NOT NULL, at bigint NOT NULL, reference text NOT NULL,
  PRIMARY KEY(record, rev));
CREATE TABLE settled(alert uuid PRIMARY KEY, disposition uuid NOT NULL);

-- bytes, detail: the id of the record whose key sealed them, then what is sealed
CREATE TABLE operations(device uuid NOT NULL REFERENCES devices, incarnation bigint NOT NULL, number bigint NOT NULL,
  hash text NOT NULL, bytes bytea NOT NULL, worker uuid NOT NULL, received_at bigint NOT NULL, status text NOT NULL,
  code text, detail bytea NOT NULL, rev bigint NOT NULL, rev_hash text NOT NULL, PRIMARY KEY(device, incarnation, number));
CREATE TABLE device_chains(device uuid NOT NULL REFERENCES devices, incarnation bigint NOT NULL, through bigint NOT NULL,
  hash text NOT NULL, PRIMARY KEY(device, incarnation));
CREATE TABLE receipts(number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, device uuid NOT NULL REFERENCES devices,
  incarnation bigint NOT NULL, through bigint NOT NULL, hash text NOT NULL, at bigint NOT NULL);
CREATE TABLE views(device uuid NOT NULL REFERENCES devices, digest text NOT NULL, cursors text NOT NULL,
  PRIMARY KEY(device, digest));
CREATE TABLE purged(device uuid NOT NULL, case_id uuid NOT NULL, at bigint NOT NULL);
-- device: nil for what no device did. Each device's lines are a chain of their own.
CREATE TABLE audit(device uuid NOT NULL, number bigint NOT NULL, at bigint NOT NULL, worker uuid, action text NOT NULL,
  object uuid, outcome text NOT NULL, chain text NOT NULL, PRIMARY KEY(device, number));

CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$;
CREATE FUNCTION refuse_after_approval() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF EXISTS(SELECT 1 FROM doorstep.revisions WHERE record = NEW.record AND state = 'APPROVED') THEN
    RAISE EXCEPTION 'an approved record takes no further revision';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER approved_fixed BEFORE UPDATE OR DELETE ON revisions FOR EACH ROW WHEN (OLD.state = 'APPROVED')
  EXECUTE FUNCTION refuse('an approved record never changes');
CREATE TRIGGER revisions_fixed BEFORE UPDATE OR DELETE ON revisions FOR EACH ROW WHEN (OLD.state <> 'APPROVED')
  EXECUTE FUNCTION refuse('a revision never changes');
CREATE TRIGGER approved_final BEFORE INSERT ON revisions FOR EACH ROW EXECUTE FUNCTION refuse_after_approval();
CREATE TRIGGER operations_fixed BEFORE UPDATE OR DELETE ON operations FOR EACH ROW
  EXECUTE FUNCTION refuse('an operation never changes');
CREATE TRIGGER case_log_fixed BEFORE UPDATE OR DELETE ON case_log FOR EACH ROW
  EXECUTE FUNCTION refuse('a log entry never changes');
CREATE TRIGGER audit_fixed BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse('the audit never changes');
CREATE TRIGGER revisions_kept BEFORE TRUNCATE ON revisions EXECUTE FUNCTION refuse('a revision is never deleted');
CREATE TRIGGER operations_kept BEFORE TRUNCATE ON operations EXECUTE FUNCTION refuse('an operation is never deleted');
CREATE TRIGGER case_log_kept BEFORE TRUNCATE ON case_log EXECUTE FUNCTION refuse('a log entry is never deleted');
CREATE TRIGGER audit_kept BEFORE TRUNCATE ON audit EXECUTE FUNCTION refuse('the audit is never deleted');
)sql"},
    {2, R"sql(
-- Photos and drawings: their bytes are files that every server reaches, each under its own key, which is sealed as record_keys are.
CREATE TABLE blobs(id uuid PRIMARY KEY, owner uuid NOT NULL, sha256 text NOT NULL, size bigint NOT NULL, added_at bigint NOT NULL,
  verified_at bigint, key bytea NOT NULL, UNIQUE(owner, sha256));
CREATE INDEX blobs_sha256 ON blobs(sha256);
CREATE INDEX blobs_awaited ON blobs(id) WHERE verified_at IS NULL;
CREATE TABLE blob_refs(record uuid NOT NULL, blob uuid NOT NULL REFERENCES blobs, device uuid NOT NULL, PRIMARY KEY(record, blob, device));
CREATE INDEX blob_refs_blob ON blob_refs(blob);
CREATE INDEX blob_refs_device ON blob_refs(device);
)sql"},
    {3, R"sql(
CREATE INDEX receipts_of ON receipts(device, incarnation, through);
)sql"},
    {4, R"sql(
ALTER TABLE workers ADD COLUMN disabled boolean NOT NULL DEFAULT false;
)sql"},
    {5, R"sql(
-- as in schema.h; without its indexes, so that a log that grows rewrites none
ALTER TABLE cases ADD COLUMN mark bigint NOT NULL DEFAULT 0;
UPDATE cases SET mark = (random() * 281474976710655)::bigint;
ALTER TABLE views ADD COLUMN stamp text NOT NULL DEFAULT '';
)sql"},
    {6, R"sql(
-- as in schema.h
DROP TABLE device_chains;
)sql"},
    {7, R"sql(
-- as in schema.h
ALTER TABLE devices ADD COLUMN command bigint NOT NULL DEFAULT 0, ADD COLUMN command_kind text NOT NULL DEFAULT '',
  ADD COLUMN command_at bigint NOT NULL DEFAULT 0, ADD COLUMN command_expires bigint NOT NULL DEFAULT 0,
  ADD COLUMN command_obeyed bigint;
)sql"},
    {8, R"sql(
-- as in schema.h; here a record is erased by the loss of its key, so that no revision and no operation changes. The reason is sealed.
CREATE TABLE erasure_orders(record uuid PRIMARY KEY, worker uuid NOT NULL, at bigint NOT NULL, reason bytea NOT NULL);
CREATE TABLE erased(record uuid PRIMARY KEY, root uuid NOT NULL REFERENCES erasure_orders, worker uuid NOT NULL, at bigint NOT NULL);
CREATE FUNCTION refuse_after_erasure() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF EXISTS(SELECT 1 FROM doorstep.erased WHERE root = OLD.record) THEN
    RAISE EXCEPTION 'what was erased was erased on this order';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION refuse_one_alone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NOT EXISTS(SELECT 1 FROM doorstep.erasure_orders WHERE record = NEW.root AND worker <> NEW.worker) THEN
    RAISE EXCEPTION 'an erasure takes two people';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION refuse_unless_erased() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NOT EXISTS(SELECT 1 FROM doorstep.erased WHERE record = OLD.record) THEN
    RAISE EXCEPTION 'a key is destroyed only when its record is erased';
  END IF;
  RETURN OLD;
END $$;
CREATE FUNCTION refuse_key_of_erased() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF EXISTS(SELECT 1 FROM doorstep.erased WHERE record = NEW.record) THEN
    RAISE EXCEPTION 'an erased record takes no key';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION refuse_after_approval() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF EXISTS(SELECT 1 FROM doorstep.erased WHERE record = NEW.record) THEN
    IF octet_length(NEW.body) > 0 THEN RAISE EXCEPTION 'an erased record takes no words'; END IF;
  ELSIF EXISTS(SELECT 1 FROM doorstep.revisions WHERE record = NEW.record AND state = 'APPROVED') THEN
    RAISE EXCEPTION 'an approved record takes no further revision';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER erasure_ordered BEFORE UPDATE ON erasure_orders FOR EACH ROW EXECUTE FUNCTION refuse_after_erasure();
CREATE TRIGGER erasure_kept BEFORE DELETE ON erasure_orders FOR EACH ROW EXECUTE FUNCTION refuse('an order is never deleted');
CREATE TRIGGER erased_by_two BEFORE INSERT ON erased FOR EACH ROW EXECUTE FUNCTION refuse_one_alone();
CREATE TRIGGER erased_fixed BEFORE UPDATE OR DELETE ON erased FOR EACH ROW EXECUTE FUNCTION refuse('an erasure never changes');
CREATE TRIGGER erased_kept BEFORE TRUNCATE ON erased EXECUTE FUNCTION refuse('an erasure is never deleted');
CREATE TRIGGER key_kept BEFORE DELETE ON record_keys FOR EACH ROW EXECUTE FUNCTION refuse_unless_erased();
CREATE TRIGGER keys_kept BEFORE TRUNCATE ON record_keys EXECUTE FUNCTION refuse('keys go one by one');
CREATE TRIGGER key_not_again BEFORE INSERT ON record_keys FOR EACH ROW EXECUTE FUNCTION refuse_key_of_erased();
)sql"},
};

/// What the application's role may do, and nothing else: it owns nothing, and what never changes it can only add to.
/// "%" stands for the role.
inline constexpr std::string_view kPgGrants = R"sql(
REVOKE ALL ON ALL TABLES IN SCHEMA doorstep FROM "%";
GRANT USAGE ON SCHEMA doorstep TO "%";
GRANT SELECT ON ALL TABLES IN SCHEMA doorstep TO "%";
GRANT INSERT ON workers, devices, tokens, tickets, certificates, cases, cover, held, record_keys, revisions, records,
  record_cases, case_log, filed, settled, operations, receipts, views, purged, audit, blobs, blob_refs, erasure_orders, erased TO "%";
GRANT UPDATE ON workers, devices, tokens, tickets, cases, records, blobs, erasure_orders TO "%";
GRANT DELETE ON tickets, cover, record_cases, views, blobs, blob_refs, record_keys TO "%";
)sql";

}  // namespace doorstep::server
