// SPDX-License-Identifier: MIT
#pragma once

#include "judge/key.hpp"
#include "judge/options.hpp"
#include "judge/reply.hpp"

#include <string>
#include <variant>

namespace phiscope::judge {

/// No response: why, and whether the request can have reached the server.
struct NoResponse {
  std::string reason;  ///< "unreachable", "timeout", "connection_lost", "too_large", "tls"
  bool sent = false;
};

/// Where requests go. libcurl is in server.cpp alone.
class Server {
 public:
  /// @throws std::invalid_argument  for a URL that is not http or https, holds a user or a
  /// password,
  ///         or would carry a key without encryption to another machine
  Server(const Options& options, Key key);

  /// Whether the URL names this machine.
  [[nodiscard]] bool is_loopback() const noexcept { return is_loopback_; }

  /// Sends one request and waits. No redirect is followed; at most a megabyte is read. May be
  /// called from several threads.
  [[nodiscard]] std::variant<Response, NoResponse> post(const std::string& body) const;

 private:
  Options options_;
  Key key_;
  bool is_loopback_ = false;
};

}  // namespace phiscope::judge
