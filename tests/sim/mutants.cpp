#include "tests/sim/mutants.h"

namespace doorstep::sim {

namespace {

constexpr Mutant kMutants[] = {
    // Retries and queues
    {"bytes-made-again", "a retry under the same number has other bytes"},
    {"key-without-content", "the same number counts as the same operation, whatever its bytes"},
    {"effect-apart-from-key", "the effect is committed before the key that makes it happen once"},
    {"forgotten-when-sent", "an operation leaves the queue when it is sent, not when it is answered"},
    {"acked-work-thrown-away", "an operation's bytes are thrown away when acknowledged, before any backup has them"},
    {"gap-taken-in", "an operation is taken in before those it follows"},
    {"poison-pill", "a refused operation is an error: everything behind it waits for ever"},
    {"failed-once-never-again", "one lost reply, and nothing is tried by itself again"},
    {"refused-is-taken", "a refused submission counts as sent: its draft is thrown away"},
    {"siblings-not-awaited", "a draft goes when the first of its records is answered"},
    {"edited-while-sent", "a visit that is being submitted can still be written in"},
    {"no-sync", "a commit does not wait for the disk"},
    {"unsynced-after-kill", "what a killed process left unsynced is told before it is durable", false},
    // Cursors
    {"cursor-ahead", "the cursor moves past an entry that was not kept"},
    {"entry-skipped", "an entry of a case's log is left out of a reply"},
    {"gap-in-log", "a case's log has a hole"},
    {"grant-from-now-on", "a new grant brings only what is new from now on"},
    {"reply-taken-for-granted", "the server believes that every reply arrived", false},
    {"more-ignored", "a reply that says there is more is taken for the last"},
    {"answer-after-failure", "the answer to the request that was sent ahead is taken though the one before could not be kept"},
    // Restores and copies
    {"restore-unseen", "a server that lost acknowledged operations in a restore is not sent them again"},
    {"earlier-incarnation-lost", "what was acknowledged before a fork is not sent again after a restore"},
    {"restore-forgets-drafts", "a restored server is not sent the drafts it lost", false},
    {"number-without-chain", "a regrown log with the same numbers counts as the same log", false},
    {"base-by-number-alone", "after a restore a draft is still changed against a revision that is gone", false},
    {"regression-unseen", "a cursor past the server's history counts as up to date"},
    {"merge-by-number-alone", "what was held under a merge's number before the server went back counts as that merge", false},
    {"own-record-goes-with-history", "what a restored server lost goes from the tablet that had only read it", false},
    {"old-history-kept", "what a restored server never had stays on the tablet as its record"},
    {"fork-unseen", "a copied or put-back tablet goes on under the old numbers"},
    {"fork-forgets", "a new incarnation starts without what was not acknowledged"},
    // Merging
    {"losing-edit-silent", "of two changes to one place one is kept and the other goes without a word"},
    {"last-writer-wins", "the text that comes last replaces the other"},
    {"conflict-forgotten", "an open conflict is forgotten by the next merge"},
    {"pull-overwrites-edit", "what comes from the server replaces what was just written here"},
    {"later-edit-unmarked", "what was written while its earlier state was on its way is not sent"},
    {"base-of-later-edit", "what was written meanwhile counts as known to the server"},
    {"stale-editor-wins", "a screen that has not seen a merge overwrites it with its next save"},
    {"delete-beats-edit", "throwing a draft away takes what another tablet wrote in it"},
    {"deleted-elsewhere-wins", "a draft thrown away elsewhere takes unsent words with it"},
    {"resurrected-delete", "a draft thrown away here comes back from the server"},
    {"tombstone-waits-for-ever", "a thrown-away draft waits for a revision that has come already"},
    {"merge-signed", "a merge made by the server counts as its author's"},
    {"overwrites-newer", "a submission replaces a newer version it was not written on"},
    // Grants
    {"reassigned-data-stays", "a case that went to somebody else stays on the tablet"},
    {"revocation-untold", "nobody is told that a case is no longer theirs"},
    {"purge-leaves-records", "a purged case leaves its records behind"},
    {"purged-unsent", "work about a case that went is thrown away unsent"},
    {"former-worker-refused", "work done before a reassignment is refused"},
    {"cover-for-ever", "cover does not end"},
    {"revoked-tablet-reads", "a tablet that was switched off is answered"},
    {"match-leaves-records", "a matched child's records stay under the id that nobody sees"},
    // Decisions
    {"approved-unread", "an approval holds for another version than was read"},
    {"approved-changes", "an approved record takes another version", false},
    {"own-record-decided", "an author decides on their own record"},
    // Photos
    {"part-is-whole", "a part of a photo counts as all of it", false},
    {"photo-by-length", "a photo's last part makes it whole, whatever is there before it", false},
    {"photo-without-hash", "what was fetched is taken for the photo without a look at its hash", false},
    {"photo-goes-with-its-draft", "a photo is thrown away when its visit is submitted, sent or not", false},
    {"photo-gone-when-sent", "a photo leaves the tablet with its first part that is sent", false},
    {"acked-photo-thrown-away", "a photo leaves the tablet when the words about it were received", false},
    {"purge-before-photo", "a case is purged before its photos were sent", false},
    {"photo-of-one-tablet", "a photo is awaited from the tablet that submitted its visit, and lies on another", false},
    {"photo-missed-for-ever", "a photo that the server did not have yet is never asked for again", false},
    {"photo-delays-words", "words wait for a photo", false},
    {"photo-for-whoever-asks", "whoever knows the hash of a photo is given it", false},
    {"photo-collected-early", "the server throws away a photo that a submitted record names", false},
    // Receipts
    {"receipt-of-refusal", "what was refused is signed for", false},
    {"receipt-before-commit", "what was not kept is acknowledged and signed for", false},
    {"receipt-once", "whoever did not hear a receipt gets none when they ask again", false},
    {"receipt-unread", "a receipt counts whoever signed it", false},
    {"receipt-stands-for-ever", "a receipt of what a restored server lost still stands", false},
    // Erasure
    {"erasure-untold", "tablets are not told that a record was erased", false},
};

}  // namespace

std::span<const Mutant> mutants() { return kMutants; }

}  // namespace doorstep::sim
