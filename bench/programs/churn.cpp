// SPDX-License-Identifier: Apache-2.0
// A server's way with memory: every thread keeps thousands of blocks of mixed sizes and replaces
// them at random; now and then it hands a batch to the others, so that blocks die in threads they
// were not born in. argv: threads, replacements a thread.
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace {

struct Random {
  uint64_t state;
  uint64_t next() {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
  }
};

// Mostly 16 to 512 bytes, even in the logarithm; one in 128 has a few pages.
size_t draw_size(Random& random) {
  const uint64_t value = random.next();
  if (value % 128 == 0) return 4096 + (value >> 8) % 28672;
  const size_t octave = size_t{16} << ((value >> 8) % 5);
  return octave + (value >> 16) % octave;
}

constexpr size_t kKept = 4096, kBatch = 128, kBetweenHandovers = 2048;

class Exchange {
 public:
  // Leaves a batch and takes the one that another thread left before.
  void swap(std::array<char*, kBatch>& batch) {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::swap(batch, batch_);
  }

 private:
  std::mutex mutex_;
  std::array<char*, kBatch> batch_{};
};

void work(Exchange& exchange, uint64_t seed, long replacements) {
  Random random{seed};
  std::vector<char*> blocks(kKept, nullptr);
  for (long i = 0; i < replacements; ++i) {
    char*& block = blocks[random.next() % kKept];
    delete[] block;
    const size_t size = draw_size(random);
    block = new char[size];
    block[0] = block[size - 1] = 1;
    if (i % kBetweenHandovers == 0) {
      std::array<char*, kBatch> batch;
      for (size_t n = 0; n < kBatch; ++n) batch[n] = std::exchange(blocks[n], nullptr);
      exchange.swap(batch);
      for (size_t n = 0; n < kBatch; ++n) blocks[n] = batch[n];
    }
  }
  for (char* block : blocks) delete[] block;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const int threads = std::atoi(argv[1]);
  const long replacements = std::atol(argv[2]);
  Exchange exchange;
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) {
    running.emplace_back(work, std::ref(exchange), 0x9e3779b97f4a7c15u * (i + 1), replacements);
  }
  for (std::thread& thread : running) thread.join();
  std::array<char*, kBatch> last{};
  exchange.swap(last);
  for (char* block : last) delete[] block;
  std::puts("done");
}
