// SPDX-License-Identifier: MIT
// What a server must be before a request is sent; run_test.cpp sends some.
#include "judge/server.hpp"

#include "catch.hpp"

using namespace phiscope::judge;

namespace {

Server server_at(const std::string& url, const Key& key = {}) {
  Options options;
  options.url = url;
  return Server(options, key);
}

}  // namespace

TEST_CASE("a URL that names this machine is known as such", "[server]") {
  for (const char* url :
       {"http://localhost:8/x", "http://127.0.0.1/", "https://127.9.9.9:1", "http://[::1]:80/"}) {
    CAPTURE(url);
    CHECK(server_at(url).is_loopback());
  }
  for (const char* url : {"https://openrouter.ai/api", "http://localhost.example.com/",
                          "http://127.0.0.1.example.com/", "http://10.0.0.1/"}) {
    CAPTURE(url);
    CHECK_FALSE(server_at(url).is_loopback());
  }
}

TEST_CASE("a key goes to another machine encrypted only", "[server]") {
  const Key key("sk-or-12345");
  CHECK_THROWS_WITH(server_at("http://example.com/", key), Contains("https"));
  CHECK_NOTHROW(server_at("https://example.com/", key));
  CHECK_NOTHROW(server_at("http://localhost/", key));
  CHECK_NOTHROW(server_at("http://example.com/"));
}

TEST_CASE("URLs of another kind are refused", "[server]") {
  CHECK_THROWS_WITH(server_at("ftp://localhost/"), Contains("found ftp"));
  CHECK_THROWS_WITH(server_at("file:///etc/passwd"), Contains("found file"));
  CHECK_THROWS_WITH(server_at("not a url"), Contains("expected a URL"));
  CHECK_THROWS_WITH(server_at("https://user:pass@example.com/"), Contains("a user or a password"));
}

TEST_CASE("where nobody listens, nothing is sent", "[server]") {
  const auto answer = server_at("http://127.0.0.1:1/").post("{}");
  REQUIRE(std::holds_alternative<NoResponse>(answer));
  CHECK(std::get<NoResponse>(answer).reason == "unreachable");
  CHECK_FALSE(std::get<NoResponse>(answer).sent);
}
