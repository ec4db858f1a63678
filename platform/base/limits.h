#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>

/// Every queue, body, batch, file, loop and wait has its limit here, with its unit and its reason.
namespace doorstep::limits {

using namespace std::chrono_literals;

// Text
inline constexpr std::size_t kNoteBytes = 200 * 1024;         ///< one narrative; 20,000 words are about 120 KB
inline constexpr std::size_t kShortTextBytes = 1000;          ///< one-line fields; longer ones are told, never cut
inline constexpr std::size_t kSearchHits = 50;                 ///< more than a person reads: type another letter
inline constexpr std::size_t kUndoBytes = 2 * 1024 * 1024;    ///< undo of one editor (ui.md section 4)

inline constexpr std::size_t kSpelledWords = 50'000;          ///< different ones known since the unlock: 30 of the longest notes
inline constexpr std::size_t kSuggestions = 4;                 ///< for a misspelt word: what fits beside each other
inline constexpr std::size_t kSpellingQueue = 256;             ///< a person finishes a few words a second
inline constexpr std::size_t kDictionaryBytes = 64;            ///< of one word that is asked about: no longer one is in en-GB

inline constexpr std::size_t kStrokePoints = 300;              ///< of one stroke, thinned: a scribble of half a minute
inline constexpr std::size_t kSheetBytes = 96 * 1024;          ///< of one sheet's strokes as JSON: about 200 of them
inline constexpr std::size_t kDrawingsBytes = 480 * 1024;      ///< of all sheets of a visit: the rest of kRecordBytes is for words
inline constexpr std::size_t kPenPoints = 20'000;              ///< of a stroke on its way: minutes of the fastest pen
inline constexpr std::size_t kVisitUndo = 100;                 ///< undo on the body maps of one visit, and on its sheets

inline constexpr auto kClipboardFor = 60s;                    ///< text copied here stays on the machine's shared clipboard

// Records and operations
inline constexpr std::size_t kRecordBytes = 1024 * 1024;      ///< one record's JSON: five full narratives
inline constexpr std::size_t kOpsPerPush = 64;                ///< sync.md section 3, sizing
inline constexpr std::size_t kPushBytes = 256 * 1024;         ///< soft: one larger operation still travels alone
inline constexpr std::size_t kPullBytes = 256 * 1024;         ///< soft, as above
inline constexpr std::size_t kJsonDepth = 32;                 ///< Boost.JSON's default, stated (security.md section 4)
inline constexpr std::size_t kCasesPerView = 10'000;          ///< a worker's caseload is about 20 children, a team's about 300; all of the largest council's

// Attachments (sync.md section 3)
inline constexpr std::size_t kBlobBytes = 10 * 1024 * 1024;   ///< one photo or drawing; a tablet's camera makes 2 to 6 MB
inline constexpr std::size_t kBlobsPerRecord = 20;            ///< of one child in one visit: more is an album
inline constexpr std::size_t kBlobPartBytes = 256 * 1024;     ///< of it in one request, either way: 5 s at 400 kbit/s
inline constexpr std::size_t kBlobsNeeded = 64;               ///< named in one reply
inline constexpr std::size_t kBlobRequestsPerMinute = 600;    ///< per device, beside its other requests: 150 MiB
inline constexpr std::int64_t kBlobFreeBytes = 512 * 1024 * 1024;  ///< photos leave so much of a disk free, for words
inline constexpr auto kBlobKept = std::chrono::hours(24 * 90);     ///< after nothing refers to it any more

inline constexpr std::size_t kPicturePixels = 50'000'000;     ///< of a photo that is to be shown: 200 MB while it is made smaller
inline constexpr std::size_t kPictureMemory = 512 * 1024 * 1024;  ///< of the process that does: a progressive JPEG of as many takes 300 MB
inline constexpr int kPictureSide = 2048;                     ///< of what is shown; every renderer takes a texture of that size
inline constexpr auto kPictureTime = 5s;                      ///< for a process to make it
inline constexpr std::size_t kPhotoFiles = 30;                ///< of the camera's folder offered on the screen: the newest

// Sealed copies of what was not acknowledged (sync/PROTOCOL.md)
inline constexpr std::size_t kSealedCopyBytes = 2 * 1024 * 1024;  ///< one file: a full record, hardly compressed, in its operation
inline constexpr std::size_t kSealedCopies = 4096;            ///< of one tablet: months without a network
inline constexpr std::size_t kDrainItems = 32;                ///< in one request
inline constexpr std::size_t kDrainBytes = 256 * 1024;        ///< soft, as kPushBytes
inline constexpr auto kDrainAgain = 300s;                     ///< a locked tablet whose copies were not all taken tries again

// HTTP
inline constexpr std::size_t kHeaderBytes = 8 * 1024;
/// One push of a full record, uncompressed; also the zstd bomb cap. A quote is two bytes in a record's JSON, and becomes eight:
/// the record is a text inside its operation, which is a text inside the request. The rest is for kCasesPerView cursors.
inline constexpr std::size_t kBodyBytes = 4 * kRecordBytes + 1536 * 1024;
inline constexpr std::size_t kEnrolBodyBytes = 64 * 1024;     ///< a code and a certificate request: strangers may not hold more
inline constexpr auto kReadTimeout = 30s;                     ///< a request on a slow link
inline constexpr auto kHeaderTimeout = 10s;                   ///< from accept to the first request's header
inline constexpr auto kIdleTimeout = 90s;                     ///< a kept-alive connection between requests
inline constexpr auto kHandshakeTimeout = 10s;
inline constexpr std::size_t kSessions = 1024;                ///< connections at once per listener
inline constexpr std::size_t kSessionsPerDevice = 8;          ///< of them; a tablet uses one
inline constexpr std::size_t kRequestsPerMinute = 60;         ///< per device (security.md section 4)
inline constexpr std::size_t kRequestsWaiting = 32;           ///< for a thread of the server's; a push may take 0.6 s, a tablet waits 30 s
inline constexpr std::size_t kRefusedBodyBytes = 16 * 1024;   ///< read also when the server is busy, so that the connection can stay
inline constexpr std::size_t kFailedEnrolmentsPerHour = 5;    ///< per address; only failures count

// Files
inline constexpr std::size_t kConfigBytes = 64 * 1024;        ///< device.toml (security.md section 3)
inline constexpr std::size_t kSignatures = 4;                 ///< in one device.toml.sig: old and new file, old and new key
inline constexpr std::size_t kTrustedKeys = 4;                ///< in trust.pub: today's signing key, the next, and spares
inline constexpr std::size_t kAssetBytes = 4 * 1024 * 1024;   ///< one file of assets/
inline constexpr std::size_t kFontBytes = 16 * 1024 * 1024;   ///< one font file; the largest fallback has 4 MB
inline constexpr std::size_t kSeenCodePoints = 1000;          ///< outside Inter, drawn from a fallback: what an atlas of 200 % holds
inline constexpr std::size_t kCsvBytes = 256 * 1024 * 1024;   ///< the nightly extract of a large council
inline constexpr std::size_t kTokensPerCsv = 5000;            ///< tablets enrolled in one go: all of a large council's, twice
inline constexpr std::size_t kKeyFileBytes = 64 * 1024;
inline constexpr std::size_t kPageCacheBytes = 16 * 1024 * 1024;  ///< of one database connection: 1,000 notes, which are read again after
                                                                  ///< a change; every page that is not kept is decrypted anew

// Queues between threads
inline constexpr std::size_t kStoreQueue = 1024;              ///< requests: a person makes a few a second
inline constexpr std::size_t kEventQueue = 4096;

// Autosave: durable at most 500 ms after the last key, and at most 2 s into continuous typing
inline constexpr auto kSaveAfterKey = 300ms;                  ///< leaves 200 ms for the commit
inline constexpr auto kSaveWhileTyping = 1500ms;
inline constexpr std::size_t kJournalStates = 2000;           ///< earlier states of one draft: a long visit saved at every pause
inline constexpr std::size_t kJournalBytes = 8 * 1024 * 1024; ///< of what they replaced: 40 pastes of the longest note

// Sync
inline constexpr auto kSyncEvery = 300s;                      ///< on a timer, with full jitter
inline constexpr auto kSyncAfterChange = 5s;                  ///< a saved change waits so long for others to travel with it
inline constexpr auto kBackoffCap = 300s;                     ///< sync.md section 3, back-pressure
inline constexpr auto kServerWaitCap = 3600s;                 ///< a server that asks for longer is not believed
inline constexpr auto kSyncAtMostEvery = 5s;                  ///< nor one that asks for a busy loop
inline constexpr auto kReplyTimeout = 30s;

// Keys (security.md section 2)
inline constexpr auto kKeyFor = std::chrono::days(365);       ///< of the tablet's store: then there is another at the next unlock

// Lease (security.md section 2)
inline constexpr int kLeaseDaysMost = 30;                     ///< no tablet shows cases longer without a word from the server
inline constexpr auto kLeaseWarning = std::chrono::hours(48); ///< before its end a person is told: from the fifth day of seven
inline constexpr auto kLeaseAskedEvery = std::chrono::hours(1);  ///< beside a sync; its certificate costs more than an edit
inline constexpr auto kLeaseLookedAt = 300s;                  ///< and the time written down: a kill gives no more time than that
inline constexpr auto kClockBehind = 300s;                    ///< of the wall behind what the tablet knows: told as set back

// PostgreSQL behind the case server
inline constexpr auto kPostgresConnect = 5s;                  ///< to reach it; a tablet is told to come back meanwhile
inline constexpr auto kPostgresStatement = 30s;               ///< one command; the longest, a page of the log, takes milliseconds
inline constexpr auto kPostgresLock = 5s;                     ///< behind another writer of the same case
inline constexpr auto kPostgresIdle = 60s;                    ///< a program that hangs inside a transaction loses its locks then
inline constexpr std::size_t kPostgresConnections = 8;        ///< per server process, when server.toml does not say
inline constexpr std::size_t kPostgresConnectionsMost = 64;   ///< PostgreSQL's own default is 100 for everybody together
inline constexpr auto kConnectionWait = 5s;                   ///< for one of them to become free
inline constexpr int kWriteTries = 5;                         ///< of one transaction that others were in the way of
inline constexpr auto kBusyRetry = 5s;                        ///< when to come back to a server that is busy

}  // namespace doorstep::limits
