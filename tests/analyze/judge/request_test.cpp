// SPDX-License-Identifier: MIT
#include "judge/request.hpp"

#include "catch.hpp"
#include "process.hpp"
#include "temp_dir.hpp"

#include <nlohmann/json.hpp>

using namespace phiscope::judge;
using phiscope::test::write_text;

namespace {

const Request example{.id = "a", .problem = "P?", .first = "by x", .second = "by y"};

Options options_for(const std::string& model) {
  Options options;
  options.model = model;
  return options;
}

std::string error_of_requests(const std::string& text) {
  const phiscope::test::TempDir folder;
  write_text(folder.path() / "r.jsonl", text);
  try {
    (void)read_requests(folder.path() / "r.jsonl");
  } catch (const std::exception& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("requests are read line by line", "[request]") {
  const phiscope::test::TempDir folder;
  write_text(
      folder.path() / "r.jsonl",
      "{\"id\":\"1\",\"problem\":\"p\",\"first\":\"f\",\"second\":\"s\",\"meta\":{\"x\":1}}\n\n"
      "{\"id\":\"2\",\"problem\":\"q\",\"first\":\"\",\"second\":\"t\"}");
  const auto requests = read_requests(folder.path() / "r.jsonl");
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].problem == "p");
  CHECK(requests[0].first == "f");
  CHECK(requests[0].second == "s");
  CHECK(requests[1].id == "2");
}

TEST_CASE("requests that are wrong are named by their line", "[request]") {
  const std::string good = "{\"id\":\"1\",\"problem\":\"p\",\"first\":\"f\",\"second\":\"s\"}\n";
  CHECK(error_of_requests(good) == "accepted");
  CHECK_THAT(error_of_requests(good + good), Contains("line 2.id is \"1\", expected an id of no"));
  CHECK_THAT(error_of_requests("[1]\n"), Contains("line 1: found no object"));
  CHECK_THAT(error_of_requests(good + "{\n"), Contains("line 2:"));
  CHECK_THAT(error_of_requests("{\"id\":\"1\",\"problem\":\"p\",\"first\":\"f\"}\n"),
             Contains("second"));
  CHECK_THAT(error_of_requests("{\"id\":1,\"problem\":\"p\",\"first\":\"f\",\"second\":\"s\"}\n"),
             Contains("line 1.id is 1"));
  CHECK_THAT(
      error_of_requests("{\"id\":\"\",\"problem\":\"p\",\"first\":\"f\",\"second\":\"s\"}\n"),
      Contains("not empty"));
  CHECK_THAT(error_of_requests("{\"id\":\"1\",\"problem\":\"p\",\"first\":\"f\",\"second\":\"s\","
                               "\"distinct\":true}\n"),
             Contains("distinct"));
}

TEST_CASE("a body asks for JSON in the way that the server knows", "[request]") {
  Options options = options_for("m/1");
  options.max_tokens = 77;
  auto body = nlohmann::json::parse(request_body(example, options));
  CHECK(body.at("model") == "m/1");
  CHECK(body.at("max_tokens") == 77);
  CHECK(body.at("messages").size() == 2);
  CHECK(body.at("messages")[0].at("role") == "system");
  CHECK(body.at("messages")[1].at("content") ==
        "<problem>\nP?\n</problem>\n<solution_1>\nby x\n</solution_1>\n<solution_2>\nby y\n"
        "</solution_2>");
  CHECK(body.at("response_format").at("type") == "json_schema");
  CHECK(body.at("response_format").at("json_schema").at("strict") == true);
  const auto& schema = body.at("response_format").at("json_schema").at("schema");
  CHECK(schema.at("properties").at("distinct").at("type") == "boolean");
  CHECK(schema.at("required") == nlohmann::json({"distinct", "reason"}));
  CHECK(body.at("provider").at("require_parameters") == true);
  options.format = ResponseFormat::object;
  body = nlohmann::json::parse(request_body(example, options));
  CHECK(body.at("response_format") == nlohmann::json({{"type", "json_object"}}));
  CHECK_FALSE(body.contains("provider"));
  options.format = ResponseFormat::none;
  CHECK_FALSE(nlohmann::json::parse(request_body(example, options)).contains("response_format"));
}

TEST_CASE("the hash depends on what is asked and of whom, on nothing else", "[request]") {
  Options options = options_for("m/1");
  const auto hash = [&](const Request& request) {
    return request_hash(request_body(request, options));
  };
  const std::string before = hash(example);
  CHECK(before.size() == 64);
  Request swapped = example;
  std::swap(swapped.first, swapped.second);
  CHECK(hash(swapped) != before);
  Request renamed = example;
  renamed.id = "b";
  CHECK(hash(renamed) == before);
  options.url = "http://localhost:1/";
  options.concurrency = 9;
  options.timeout_s = 1;
  CHECK(hash(example) == before);
  options.model = "m/2";
  CHECK(hash(example) != before);
}
