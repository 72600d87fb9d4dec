// SPDX-License-Identifier: MIT
#include "judge/reply.hpp"

#include "catch.hpp"

#include <string>

using namespace phiscope::judge;
using Json = nlohmann::ordered_json;

namespace {

Json chat(const Json& content, const std::string& finish = "stop") {
  return {{"id", "gen-1"},
          {"model", "served"},
          {"provider", "Mock"},
          {"usage", {{"total_tokens", 7}}},
          {"choices", {{{"message", {{"content", content}}}, {"finish_reason", finish}}}}};
}

Reply reply_to(const Json& body, long status = 200, bool retry_after = false) {
  Response response{.status = status, .body = body.dump(), .retry_after = std::nullopt};
  if (retry_after) response.retry_after = "1";
  return read_reply(response);
}

Reply reply_text(const std::string& body) {
  return read_reply({.status = 200, .body = body, .retry_after = std::nullopt});
}

void check_verdict(const Json& content, bool distinct, const std::string& why) {
  const Reply reply = reply_to(chat(content));
  CAPTURE(content.dump());
  CHECK(reply.outcome == Outcome::verdict);
  CHECK(reply.distinct == distinct);
  CHECK(reply.why == why);
}

void check_other(const Json& body, Outcome outcome, const std::string& why, long status = 200,
                 bool retry_after = false) {
  const Reply reply = reply_to(body, status, retry_after);
  CAPTURE(body.dump(), status);
  CHECK(reply.outcome == outcome);
  CHECK(reply.why == why);
  CHECK_FALSE(reply.distinct);
}

Json error_of(const Json& code, const std::string& message) {
  return {{"error", {{"code", code}, {"message", message}}}};
}

}  // namespace

TEST_CASE("a verdict is the last object with a Boolean", "[reply]") {
  check_verdict(R"({"distinct": true, "reason": "r"})", true, "r");
  check_verdict(R"({"distinct": false, "reason": "r"})", false, "r");
  check_verdict("So:\n```json\n{\"distinct\": false, \"reason\": \"f\"}\n```\n", false, "f");
  check_verdict(R"({"distinct": false} no: {"distinct": true})", true, "");
  check_verdict(R"({"distinct": true} as {"distinct": "maybe"} says)", true, "");
  check_verdict(R"(<think>{"distinct": false}</think>{"distinct": true})", true, "");
  check_verdict(R"({"distinct": false} hm</think>{"distinct": true})", true, "");
  check_verdict(R"({"verdict": {"distinct": true, "reason": "in"}})", true, "in");
  check_verdict(R"({"distinct": true, "reason": "not {\"distinct\": false}"})", true,
                R"(not {"distinct": false})");
  check_verdict(R"(set {x | x > 0}: {"distinct": true, "reason": "a } b"})", true, "a } b");
  check_verdict(R"({"distinct": true, "reason": 5})", true, "");
  check_verdict(Json::array({{{"type", "text"}, {"text", "{\"distinct\": tr"}},
                             {{"type", "text"}, {"text", "ue}"}}}),
                true, "");
}

TEST_CASE("a verdict comes with who served it", "[reply]") {
  const Reply reply = reply_to(chat(R"({"distinct": true})"));
  CHECK(reply.model == "served");
  CHECK(reply.provider == "Mock");
  CHECK(reply.id == "gen-1");
  CHECK(reply.usage.at("total_tokens") == 7);
  CHECK(reply_text("\n \n" + chat(R"({"distinct": true})").dump()).outcome == Outcome::verdict);
}

TEST_CASE("an answer without a verdict is missing, never false", "[reply]") {
  check_other(chat(R"({"distinct": "false"})"), Outcome::missing, "no_verdict");
  check_other(chat(R"({"distinct": null})"), Outcome::missing, "no_verdict");
  check_other(chat("not distinct"), Outcome::missing, "no_verdict");
  check_other(chat(R"({"distinct": true)"), Outcome::missing, "no_verdict");
  check_other(chat(nullptr), Outcome::missing, "empty_content");
  check_other(chat(" \n"), Outcome::missing, "empty_content");
  check_other(chat(7), Outcome::missing, "bad_content");
  check_other(chat(R"({"distinct": tr)", "length"), Outcome::missing, "cut_off");
  check_other(chat(R"(<think>{"distinct": true})", "length"), Outcome::missing, "cut_off");
  check_other(chat("", "content_filter"), Outcome::missing, "refused");
  Json thought = chat(nullptr, "length");
  thought["choices"][0]["message"]["reasoning"] = R"({"distinct": true})";
  thought["choices"][0]["message"]["reasoning_content"] = R"({"distinct": true})";
  check_other(thought, Outcome::missing, "cut_off");
  Json refused = chat(nullptr);
  refused["choices"][0]["message"]["refusal"] = "no";
  check_other(refused, Outcome::missing, "refused");
}

TEST_CASE("what is no answer of a chat has failed", "[reply]") {
  check_other(Json::object(), Outcome::failed, "no_choices");
  check_other({{"choices", Json::array()}}, Outcome::failed, "no_choices");
  check_other({{"choices", "x"}}, Outcome::failed, "no_choices");
  check_other(Json::array({1}), Outcome::failed, "no_choices");
  CHECK(reply_text("").why == "empty");
  CHECK(reply_text(" \n\n").why == "empty");
  CHECK(reply_text("<html>").why == "not_json");
  CHECK(reply_text("{\"choices\": [").why == "not_json");
  CHECK(reply_text(std::string(5000, '[')).why == "not_json");
  CHECK(reply_text("\xff\xfe").outcome == Outcome::failed);
}

TEST_CASE("an error is treated by its status or code", "[reply]") {
  for (const long code : {408L, 429L, 500L, 502L, 503L, 529L}) {
    check_other(error_of(code, "m"), Outcome::retry, "http_" + std::to_string(code), code);
    check_other(error_of(code, "m"), Outcome::retry, "http_" + std::to_string(code));
  }
  check_other(error_of("429", "m"), Outcome::retry, "http_429");
  check_other(error_of("busy", "m"), Outcome::failed, "provider_error");
  check_other(error_of(404, "m"), Outcome::failed, "http_404", 404);
  check_other(error_of(400, "bad"), Outcome::failed, "http_400", 400);
  check_other({{"x", 1}}, Outcome::failed, "http_307", 307);
  check_other(error_of(402, "m"), Outcome::retry, "http_402", 402, true);
  CHECK(reply_to(error_of(402, "pay"), 402).outcome == Outcome::fatal);
  CHECK_THAT(reply_to(error_of(402, "pay")).why, Contains("no credit left (402: pay)"));
  CHECK(reply_to(error_of(401, "who"), 401).outcome == Outcome::fatal);
  CHECK_THAT(reply_to(error_of(400, "response_format?"), 400).why,
             Contains("--response-format object"));
  check_other(error_of(403, "no"), Outcome::failed, "http_403", 403);
  check_other(error_of(403, "requires moderation"), Outcome::missing, "moderated", 403);
  Json flagged = error_of(403, "m");
  flagged["error"]["metadata"] = {{"reasons", {"violence"}}};
  check_other(flagged, Outcome::missing, "moderated", 403);
  Json choice = chat("");
  choice["choices"][0]["error"] = {{"code", 502}};
  check_other(choice, Outcome::retry, "http_502");
  check_other(chat("x", "error"), Outcome::failed, "provider_error");
  CHECK(read_reply({.status = 503, .body = "busy", .retry_after = std::nullopt}).outcome ==
        Outcome::retry);
}

TEST_CASE("Retry-After is a number of seconds or a date", "[reply]") {
  CHECK(retry_after_seconds("3", 0) == 3.0);
  CHECK(retry_after_seconds("0.5", 0) == 0.5);
  CHECK(retry_after_seconds("Sun, 06 Nov 1994 08:49:37 GMT", 784111770) == 7.0);
  CHECK(retry_after_seconds("Sun, 06 Nov 1994 08:49:37 GMT", 784111999) == 0.0);
  CHECK_FALSE(retry_after_seconds("-3", 0).has_value());
  CHECK_FALSE(retry_after_seconds("soon", 0).has_value());
  CHECK_FALSE(retry_after_seconds("", 0).has_value());
}
