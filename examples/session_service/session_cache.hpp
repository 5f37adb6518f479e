// SPDX-License-Identifier: Apache-2.0
// The sessions of everyone who is logged in. Sessions leave by close() or, if the client never says
// goodbye, by expire(). At least that is the plan: see the README.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace service {

struct Session {
  using Clock = std::chrono::steady_clock;

  std::string user;
  std::string profile;
  Clock::time_point last_seen;
};

class SessionCache {
 public:
  explicit SessionCache(std::chrono::milliseconds time_to_live) : time_to_live_(time_to_live) {}

  // Returns the token of the new session.
  std::string open(const std::string& user);
  // Null if there is no such session (any more). A session that is found counts as used.
  std::shared_ptr<Session> find(const std::string& token);
  void close(const std::string& token);
  // Drops every session that has been idle for longer than the time to live.
  void expire();
  std::size_t size();

 private:
  std::mutex guard_;
  std::chrono::milliseconds time_to_live_;
  std::unordered_map<std::string, std::shared_ptr<Session>> sessions_;
  unsigned long opened_ = 0;
};

}  // namespace service
