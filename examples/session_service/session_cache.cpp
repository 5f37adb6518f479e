// SPDX-License-Identifier: Apache-2.0
#include "session_cache.hpp"

namespace service {
namespace {

std::shared_ptr<Session> load_session(const std::string& user) {
  auto session = std::make_shared<Session>();
  session->user = user;
  session->profile = "name=" + user + ";rights=read,write;settings=" + std::string(3000, '-');
  session->last_seen = Session::Clock::now();
  return session;
}

}  // namespace

std::string SessionCache::open(const std::string& user) {
  auto session = load_session(user);
  std::lock_guard hold(guard_);
  std::string token = user + "/" + std::to_string(++opened_);
  sessions_.emplace(token, std::move(session));
  return token;
}

std::shared_ptr<Session> SessionCache::find(const std::string& token) {
  std::lock_guard hold(guard_);
  auto found = sessions_.find(token);
  if (found == sessions_.end()) return nullptr;
  found->second->last_seen = Session::Clock::now();
  return found->second;
}

void SessionCache::close(const std::string& token) {
  std::lock_guard hold(guard_);
  sessions_.erase(token);
}

void SessionCache::expire() {
  const auto now = Session::Clock::now();
  std::lock_guard hold(guard_);
  for (auto it = sessions_.begin(); it != sessions_.end();) {
    const bool idle = now - it->second->last_seen > time_to_live_;
    // The bug: looking at a session counts as using it, so that none is ever idle for long.
    it->second->last_seen = now;
    it = idle ? sessions_.erase(it) : std::next(it);
  }
}

std::size_t SessionCache::size() {
  std::lock_guard hold(guard_);
  return sessions_.size();
}

}  // namespace service
