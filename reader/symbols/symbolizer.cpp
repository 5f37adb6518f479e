// SPDX-License-Identifier: Apache-2.0
// One ModuleNames for each module; threads share nothing but the list of modules still to do.
#include "reader/symbols/symbolizer.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>

#include "reader/symbols/module_names.hpp"

namespace dbgtrace::reader::symbols {
namespace {

constexpr unsigned kMostThreads = 16;

}  // namespace

void SymbolStatistics::add(const SymbolStatistics& other) {
  cache_hits += other.cache_hits;
  cache_misses += other.cache_misses;
  bundled += other.bundled;
}

Symbolizer::Symbolizer(SearchPaths search) : search_(std::move(search)) {}

Symbolizer::~Symbolizer() {
  bool stored = false;
  for (ModuleNames* module : in_order_) stored = module->save() || stored;
  try {
    if (stored) search_.cache.shrink();
  } catch (const std::exception&) {
    // No memory: the next run does it.
  }
}

ModuleNames& Symbolizer::module_of(const ModuleKey& key) {
  std::unique_ptr<ModuleNames>& module = modules_[{key.path, key.build_id_hex}];
  if (!module) {
    module = std::make_unique<ModuleNames>(key, search_);
    in_order_.push_back(module.get());
  }
  return *module;
}

const std::vector<Frame>& Symbolizer::resolve(const ModuleKey& key, uint64_t elf_address) {
  return module_of(key).resolve(elf_address);
}

void Symbolizer::prepare(std::span<SymbolQuestions> questions) {
  // Opening a file is most of the work, so that is done in parallel too: the modules go into the
  // list only afterwards, in the order of the questions.
  struct Job {
    SymbolQuestions* question;
    std::unique_ptr<ModuleNames> fresh;
    ModuleNames* module;
  };
  std::vector<Job> jobs;
  for (SymbolQuestions& question : questions) {
    const auto known = modules_.find({question.key.path, question.key.build_id_hex});
    jobs.push_back({&question, nullptr, known == modules_.end() ? nullptr : known->second.get()});
  }
  std::vector<Job*> by_size;
  for (Job& job : jobs) by_size.push_back(&job);
  std::stable_sort(by_size.begin(), by_size.end(), [](const Job* a, const Job* b) {
    return a->question->elf_addresses.size() > b->question->elf_addresses.size();
  });
  std::atomic<size_t> next{0};
  const auto work = [&] {
    for (size_t i; (i = next.fetch_add(1)) < by_size.size();) {
      Job& job = *by_size[i];
      try {
        if (job.module == nullptr) {
          job.fresh = std::make_unique<ModuleNames>(job.question->key, search_);
          job.module = job.fresh.get();
        }
        std::vector<uint64_t>& addresses = job.question->elf_addresses;
        std::sort(addresses.begin(), addresses.end());
        for (const uint64_t address : addresses) job.module->resolve(address);
      } catch (const std::exception&) {
        job.fresh.reset();  // no memory: whoever asks for this module will be told
      }
    }
  };
  std::vector<std::thread> threads;
  const size_t wanted =
      std::min<size_t>({jobs.size(), std::thread::hardware_concurrency(), kMostThreads});
  try {
    while (threads.size() + 1 < wanted) threads.emplace_back(work);
  } catch (const std::exception&) {
    // At a limit of threads or memory those that there are do it.
  }
  work();
  for (std::thread& thread : threads) thread.join();
  for (Job& job : jobs) {
    if (!job.fresh) continue;
    std::unique_ptr<ModuleNames>& place =
        modules_[{job.question->key.path, job.question->key.build_id_hex}];
    if (place) continue;  // asked for twice
    place = std::move(job.fresh);
    in_order_.push_back(place.get());
  }
}

std::vector<std::string> Symbolizer::problems() const {
  std::vector<std::string> problems;
  for (const ModuleNames* module : in_order_) {
    if (!module->problem().empty()) problems.push_back(module->problem());
  }
  return problems;
}

SymbolStatistics Symbolizer::statistics() const {
  SymbolStatistics sum;
  for (const ModuleNames* module : in_order_) sum.add(module->statistics());
  return sum;
}

}  // namespace dbgtrace::reader::symbols
