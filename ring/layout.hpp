// SPDX-License-Identifier: Apache-2.0
// The layout of a recording: header, section table and the fixed-size entries of the ledger. Shared
// by the writer (inside the target) and the reader; normative text and the reader's algorithm are
// in docs/file-format.md. Little-endian, 8-byte aligned.
//
//   | header, 8 KiB | series | threads | modules | strings | sites | histories | stacks | live
//   | freed | open | ring | black box |
//
// A byte that was never written reads as zero (the file is sparse), so "all zero" means "not there"
// in every table. Times are microseconds since start_monotonic_ns of the header; a mapped word that
// both sides touch is written with release order, its entry's key last, so that a reader of a
// running process sees whole entries only.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dbgtrace::ring {

inline constexpr char kMagic[8] = {'D', 'B', 'G', 'T', 'R', 'A', 'C', 'E'};
inline constexpr uint32_t kVersion = 1;
inline constexpr uint32_t kHeaderBytes = 8192;
inline constexpr uint64_t kMinFileBytes = 1u << 20;
// A reader refuses more: even holes take time to look at. Far above what a recorder may make (1
// GiB).
inline constexpr uint64_t kMaxFileBytes = uint64_t{16} << 30;

enum class SectionKind : uint32_t {
  kSeries = 0,
  kThreads,
  kModules,
  kStrings,
  kSites,
  kHistories,
  kStacks,
  kLive,
  kFreed,
  kOpenBlocks,
  kRing,
  kBlackBox,
  kCount
};
inline constexpr uint32_t kSectionCount = static_cast<uint32_t>(SectionKind::kCount);

// capacity counts entries of entry_bytes; both are 1-byte units in strings, 8-byte words in stacks,
// raw bytes in ring.
struct Section {
  uint64_t offset_bytes;
  uint64_t size_bytes;
  uint32_t entry_bytes;
  uint32_t capacity;
};
static_assert(sizeof(Section) == 24);

enum class State : uint32_t {
  kRunning = 1,
  kExited = 2,
  kCrashed = 3,
  kExecuted = 4,
  kDetached = 5
};
enum class Arch : uint32_t { kX86_64 = 1, kAarch64 = 2 };

// Sums over samples. hits counts samples; weight_q15 is the sum of weights in 1/32768 (see
// weight.hpp): the estimated number of blocks; bytes is the sum of weight * size: the estimated
// bytes. The variances are those of the two estimates under Poisson sampling, sum of w (w - 1) and
// of w (w - 1) size^2 (Horvitz-Thompson; zero where every allocation is recorded).
struct BirthTally {
  uint64_t hits;
  uint64_t weight_q15;
  uint64_t bytes;
  double weight_variance;
  double bytes_variance;
};
struct DeathTally {
  uint64_t hits;
  uint64_t weight_q15;
  uint64_t bytes;
};
static_assert(sizeof(BirthTally) == 40 && sizeof(DeathTally) == 24);

// What samples stand for beyond themselves: sums of (w - 1) and (w - 1) * size in two's complement,
// and the variances. Where every allocation is recorded nothing is ever added here.
struct Excess {
  uint64_t weight_q15;
  uint64_t bytes;
  double weight_variance;
  double bytes_variance;
};
static_assert(sizeof(Excess) == 32);

// A change of the sampling interval.
enum class IntervalCause : uint32_t { kTable = 1 /* live blocks */, kBudget = 2 };
struct IntervalChange {
  uint64_t time_us;
  uint64_t interval_cause;  // 0..47 the new interval in bytes, 56..63 IntervalCause; written last
};
inline constexpr uint32_t kMaxIntervalChanges = 48;

// What was lost or refused, each with its cause: law "at a cap it degrades and counts".
struct LossCounters {
  uint64_t live_table_full;     // samples kept in totals and ring, but not as live blocks
  uint64_t site_table_full;     // samples attributed to site 0
  uint64_t stack_arena_full;    // stacks stored as their hash only
  uint64_t module_table_full;   // modules not named
  uint64_t events_dropped;      // no open block was free
  uint64_t blocks_overwritten;  // history forgotten by the ring (not a defect)
  uint64_t no_scratch;          // samples without a stack buffer
  uint64_t disk_refused;        // writes left out: disk, limit or sandbox refused the space
  uint64_t stale_entries;       // blocks that were freed behind the recorder's back
  uint64_t thread_table_full;   // threads counted as thread 0
  uint64_t start_races;         // samples that came while the file was being created
  uint64_t sites_folded;        // sites whose sums went to site 0, so that a busier one had room
  uint64_t reserved[4];
};

// The part of the header that changes. One writer process, many threads; every word is naturally
// atomic. What every event changes lies in a cache line of its own.
struct LiveHeader {
  uint32_t state;            // State
  int32_t exit_code;         // with kExited; with kCrashed the signal
  uint64_t end_us;           // time of the last change of state, 0 while running
  uint64_t last_us;          // time of an event, now and then; threads know their newest ones
  uint64_t interval_bytes;   // in force now
  uint64_t exact_until_us;   // 0: never exact; ~0: exact still; else all blocks of before are known
  uint64_t totals_until_us;  // the same of the number and the bytes of allocations
  uint64_t teardown_us;      // when exit() began, 0: it did not; frees since then are told apart
                             // (LiveState::kTornDown)
  uint64_t inherited_frees;  // blocks of the parent that this forked child freed

  uint64_t live_bytes;  // of the heap, estimate: births minus deaths with resizes
  uint64_t peak_live_bytes;
  uint64_t peak_us;
  uint64_t freed_count;      // blocks ever entered in the freed table
  uint64_t live_excess_q15;  // live blocks that the recorded ones stand for beyond themselves
  uint64_t run_id;           // of the `dbgtrace run` that started it, 0: none
  uint64_t reserved[2];

  Excess births;        // of the heap, beyond the sums of the threads
  BirthTally mappings;  // mmap, a kind of its own: never part of the heap figures
  DeathTally unmappings;
  uint32_t threads_used;  // cursors of the append-only tables
  uint32_t modules_used;
  uint32_t strings_used;  // bytes
  uint32_t stacks_used;   // 8-byte words
  uint32_t histories_used;
  uint32_t sites_used;
  uint64_t ring_head;         // bytes ever appended to the ring
  uint64_t next_sequence;     // of the next sealed or opened block
  uint64_t recorder_cycles;   // spent in the slow path; elapsed_cycles / elapsed_us of them are a
                              // microsecond
  uint64_t recorder_entries;  // times the slow path was taken
  uint64_t elapsed_cycles;    // since the start, at the newest metrics
  uint64_t elapsed_us;        // the same moment
  uint64_t process_cpu_us;    // CPU time of the process when the budget looked at it, 0: never
  uint64_t private_bytes;     // memory of the recorder beside the file, at most
  uint64_t system_calls;      // made for room in the file and for the metrics
  uint32_t sandboxed;         // 1 once the program entered a seccomp filter: no system calls since
  uint32_t flags;             // HeaderFlag
  uint32_t interval_changes_used;
  uint32_t reserved2;
  IntervalChange interval_changes[kMaxIntervalChanges];
  LossCounters lost;
};

enum HeaderFlag : uint32_t {
  kFlagOwnMalloc = 1,  // the executable defines malloc itself: no allocations recorded
  kFlagForked = 2,     // started by fork inside a recorded process
  kFlagMappingsOff = 4,
  kFlagUncounted = 8,  // nothing was sampled: no room was made for the full size of the file
};

struct Header {
  char magic[8];
  uint32_t version;
  uint32_t header_bytes;
  uint64_t file_bytes;
  uint64_t salt;  // of this recording; every sealed block repeats it
  uint64_t start_unix_ns;
  uint64_t start_monotonic_ns;
  uint64_t process_start_ticks;  // field 22 of /proc/PID/stat: tells a reused pid
  uint64_t pid_namespace;        // inode of /proc/self/ns/pid, 0 if unknown
  uint8_t boot_id[16];
  uint32_t pid;
  uint32_t parent_pid;  // of the nearest recorded process that it was forked from, else 0
  uint64_t parent_salt;
  uint64_t parent_sequence;
  uint64_t base_interval_bytes;  // asked for; 0 = allocations off
  uint64_t start_cycles;         // counter of the recorder's own cost at the start
  uint32_t arch;
  uint32_t page_bytes;
  uint32_t uid;
  uint32_t static_checksum;  // CRC-32C from magic to the end of sections, this field zero
  Section sections[kSectionCount];
  char exe[1024];      // NUL-terminated, cut
  char cmdline[2048];  // arguments separated by NUL, cut; ends with two NULs
  char host[64];
  alignas(64) LiveHeader live;
};
inline constexpr size_t kStaticHeaderBytes =
    offsetof(Header, sections) + sizeof(Section) * kSectionCount;
static_assert(sizeof(Header) <= kHeaderBytes);
static_assert(offsetof(Header, sections) == 136);
static_assert(offsetof(Header, live) == 3584 && offsetof(LiveHeader, live_bytes) == 64);
static_assert(offsetof(LiveHeader, births) == 128);

// Process time series: a point's slot in its level is (time / step) % capacity, so no cursor is
// needed and a slot is right if its own time says so. Levels follow each other in the section in
// this order.
struct SeriesPoint {
  uint64_t time_us;
  uint64_t live_bytes;
  uint64_t live_weight_q15;
  uint64_t rss_bytes;        // 0 if not measured
  uint64_t allocated_bytes;  // since start, estimate
  uint64_t peak_live_bytes;  // within the step
};
struct SeriesLevel {
  uint64_t step_us;
  uint32_t parts;  // of 64: this level's share of the section's capacity
};
inline constexpr SeriesLevel kSeriesLevels[] = {
    {250'000, 16}, {60'000'000, 16}, {3'600'000'000, 32}};

// A thread, and what it recorded of the heap: counts and bytes as they are, without weights. A
// cache line, which that thread alone writes (but for index 0, which stands for all without one).
struct Thread {
  uint32_t tid;
  uint32_t flags;     // ThreadFlag
  uint64_t start_us;  // first seen
  uint64_t last_us;   // newest event, or its end
  char name[16];
  uint64_t births;
  uint64_t birth_bytes;
  uint64_t deaths;  // of blocks, whoever allocated them
};
static_assert(sizeof(Thread) == 64);
enum ThreadFlag : uint32_t { kThreadEnded = 1 };

// A loaded object, stored when the first recorded stack touches it. Valid for [load_us, unload_us).
struct Module {
  uint64_t start;  // mapped range
  uint64_t end;
  uint64_t bias;  // ELF address = pc - bias
  uint64_t load_us;
  uint64_t unload_us;  // 0: still loaded
  uint32_t path;       // byte offset in strings, of a String
  uint32_t build_id_bytes;
  uint8_t build_id[32];
  uint64_t reserved;
  uint32_t reserved2;
  uint32_t checksum;  // CRC-32C, unload_us and checksum taken as zero; written last, never 0
};
static_assert(sizeof(Module) == 96);

// In the strings arena: length, then that many bytes; the next one starts at a multiple of 4.
struct String {
  uint32_t checksum;  // CRC-32C of length and bytes, never 0
  uint32_t length_bytes;
};

// In the stacks arena, at a multiple of 8 bytes; a reference is the offset in 8-byte words and
// never 0. The stack, innermost frame first, is the new frames followed by the outermost
// kept_frames of the parent. Example: parent #1 = {f, g, main}; stack {h, g, main} is {new: h;
// kept: 2; parent: #1}. A chain has at most kMaxChain links.
struct Stack {
  uint32_t checksum;  // CRC-32C of the rest and the frames, never 0; written last
  uint16_t new_frames;
  uint16_t kept_frames;
  uint32_t parent;
  uint8_t chain;            // parents above this one
  uint8_t flags;            // StackFlag
  uint16_t omitted_frames;  // between leaf and root part of a cut stack, 65535 = that many or more
  uint64_t time_us;         // when stored: decides which module an address belongs to
  // uint64_t pcs[new_frames]: return addresses
};
static_assert(sizeof(Stack) == 24);
enum StackFlag : uint8_t { kStackTruncated = 1, kStackExactLeaf = 2 };
inline constexpr uint32_t kMaxChain = 16;
inline constexpr uint32_t kLeafFrames = 512;  // stored of a cut stack
inline constexpr uint32_t kRootFrames = 128;
inline constexpr uint32_t kMaxFrames = kLeafFrames + kRootFrames;

// kFreeing: a stack that frees; its sums count what it freed, as births.
enum class SiteKind : uint16_t { kHeap = 1, kMapping = 2, kFreeing = 3 };

// One call stack that allocates, or frees. Open addressing by stack hash; the first 64 bytes are
// what every event touches. births and deaths count recorded blocks; what they stand for beyond
// themselves is in the excess fields. Where the table is full a slot may be given to a busier
// stack: its sums go to site 0 ("other"), its generation counts up.
//
//   site id   0..16 slot, 17..23 generation: of another generation than the slot's it means site 0
struct Site {
  uint64_t stack_hash;  // 0: empty slot
  uint64_t births;
  uint64_t birth_bytes;  // sum of weight * size
  uint64_t deaths;
  uint64_t live_bytes;
  uint64_t peak_live_bytes;
  uint64_t temporary;           // blocks freed by the next recorded event of the same thread
  uint32_t history_generation;  // 0..23 history: index + 1, 0: none; 24..30 generation
  uint32_t next_point_ds;       // when the history's next point is due

  uint64_t peak_us;
  uint64_t first_us;
  uint32_t stack;  // reference, 0 if the arena was full
  uint16_t kind;   // SiteKind; written last of hash, first_us, stack and kind
  uint16_t reserved;
  uint8_t first_lifetimes[8];  // bucket + 1 of the first deaths, in a site without a history
  uint64_t birth_excess_q15;   // sum of w - 1 in two's complement
  uint64_t death_excess_q15;
  double weight_variance;
  double bytes_variance;
};
static_assert(sizeof(Site) == 128 && offsetof(Site, peak_us) == 64);
inline constexpr uint32_t kFirstLifetimes = 8;
inline constexpr uint32_t kSiteSlotBits = 17;
inline constexpr uint32_t kMaxSites = 1u << kSiteSlotBits;
inline constexpr uint32_t kSiteSlotMask = kMaxSites - 1;
inline constexpr uint32_t kLastSiteGeneration = (1u << (24 - kSiteSlotBits)) - 1;
inline constexpr uint32_t kHistoryMask = (1u << 24) - 1;

// Bucket k: lifetime in [2^k, 2^(k+1)) us; bucket 0 from 0.
inline constexpr uint32_t kLifetimeBuckets = 48;
inline constexpr uint32_t kHistoryPoints = 24;
struct HistoryPoint {
  uint32_t time_ds;  // tenths of a second
  uint32_t live_hits;
  uint64_t live_bytes;
};
// The long memory of a site. The series thins itself: when all points are used every second one
// goes and step_ds doubles.
//   step 1:  0 1 2 3 ... 23   ->   step 2:  0 2 4 ... 22 (12 used)
struct History {
  uint32_t site;  // its slot
  uint32_t points_used;
  uint32_t step_ds;
  uint32_t busy;  // 1 while a thread moves points
  uint64_t reserved[6];
  uint64_t deaths[kLifetimeBuckets];
  HistoryPoint points[kHistoryPoints];
};
static_assert(sizeof(History) == 64 + 384 + 384);

// A sampled block that is not freed. Three words; address_state is written last, so it says whether
// the others are whole.
//   address_state  0..47 address, 48..49 LiveState, 50..63 thread
//   time_weight    0..47 birth time in us, 48..63 weight (weight.hpp)
//   size_site      0..39 size in bytes (2^40 - 1: that or more), 40..63 site
struct Live {
  uint64_t address_state;
  uint64_t time_weight;
  uint64_t size_site;
};
static_assert(sizeof(Live) == 24);
// kTornDown: freed by exit handlers and destructors, after exit() began: alive as long as the
// program did its work.
enum class LiveState : uint32_t {
  kTornDown = 0,
  kHeld = 1,
  kMoving = 2 /* inside a realloc */,
  kMapped = 3 /* mmap */
};

inline constexpr uint64_t kAddressMask = (uint64_t{1} << 48) - 1;
inline constexpr uint64_t kTimeMask = (uint64_t{1} << 48) - 1;
inline constexpr uint64_t kSizeMask = (uint64_t{1} << 40) - 1;
inline constexpr uint32_t kSiteMask = (1u << 24) - 1;
inline constexpr uint32_t kThreadMask = (1u << 14) - 1;

// One of the newest blocks that were freed; entry freed_count % capacity is the next to be written.
struct Freed {
  uint64_t address_thread;  // 0..47 address, 50..63 thread that freed; cleared first, written last
  uint64_t time_weight;     // 0..47 time of the free, 48..63 weight
  uint64_t size_site;       // as in Live: of the birth
  uint64_t age_site;        // 0..39 lifetime in us (2^40 - 1: that or more), 40..63 site that freed
};
static_assert(sizeof(Freed) == 32);

// An event of the history, 32 bytes:
//   head   0..7 EventKind, 8..23 tag, 24..39 thread, 40..55 weight
//          tag: low 16 bits of its block's sequence; another tag is a torn write
//   time   0..47 microseconds, 48..63 extra
//   a, b   by kind, see EventKind
struct Event {
  uint64_t head;
  uint64_t time;
  uint64_t a;
  uint64_t b;
};
static_assert(sizeof(Event) == 32);
enum class EventKind : uint8_t {
  kNone = 0,
  kSample = 1,       // a: address 0..47; b: size 0..39, site 40..63
  kFree = 2,         // the same of the block's birth
  kResize = 3,       // a: new address; b: new size, site
  kThreadStart = 4,  // a: tid
  kThreadEnd = 5,
  kModuleLoad = 6,  // a: module index
  kModuleUnload = 7,
  kInterval = 8,  // a: new interval in bytes; extra: IntervalCause
  kMetrics = 9,   // a: resident bytes; b: live bytes
  kMark = 10,     // a: MarkCode; b: argument
};
enum class MarkCode : uint64_t {
  kFork = 1 /* b: pid of parent */,
  kExec = 2,
  kSandbox = 3,
  kExecFailed = 4
};

// An open block lies uncompressed in its slot until it is sealed; entry_bytes of the section is the
// slot's size.
struct OpenBlock {
  uint64_t salt;
  uint64_t cursor;  // sequence << 32 | events reserved (above capacity: being sealed)
  uint64_t reserved[6];
  // Event events[(entry_bytes - 64) / 32]
};
static_assert(sizeof(OpenBlock) == 64);

// A sealed block in the ring, at a multiple of 64 bytes, never across the section's end. Valid if
// and only if magic, salt and checksum fit.
struct SealedBlock {
  uint32_t magic;
  uint32_t checksum;  // CRC-32C of the header with this field zero, then of the compressed bytes
  uint64_t salt;
  uint64_t sequence;
  uint64_t position;  // ring_head when it was appended: offset = position % size_bytes
  uint32_t raw_bytes;
  uint32_t compressed_bytes;
  uint64_t first_us;
  uint64_t last_us;
  uint32_t event_count;
  uint32_t torn_count;  // reserved, but not committed when the block was sealed
};
static_assert(sizeof(SealedBlock) == 64);
inline constexpr uint32_t kSealedMagic = 0x4b4c4244;  // "DBLK"
inline constexpr uint32_t kBlockAlign = 64;
inline constexpr uint32_t kMaxOpenBlockBytes = 65536;

}  // namespace dbgtrace::ring
