// SPDX-License-Identifier: MIT
// The program `judge` against a server on loopback (mock_server.py).
#include "judge/run.hpp"

#include "catch.hpp"
#include "judge/judgement.hpp"
#include "judge/request.hpp"
#include "process.hpp"
#include "shard/file/sha256.hpp"
#include "temp_dir.hpp"

#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <thread>

using namespace phiscope::judge;
using nlohmann::json;
using phiscope::test::Finished;
using phiscope::test::read_text;
using phiscope::test::write_text;

namespace {

namespace fs = std::filesystem;

constexpr const char* test_key = "sk-or-v1-0123456789abcdef";

/// A server with faults, a file of requests, and the program that asks.
class Bench {
 public:
  explicit Bench(const std::string& faults, std::size_t requests = 1) {
    std::string text;
    for (std::size_t i = 0; i < requests; ++i) {
      const std::string n = std::to_string(i);
      text += "{\"id\":\"pair-" + n + "\",\"problem\":\"p" + n +
              "\",\"first\":\"by areas\",\"second\":\"by algebra\"}\n";
    }
    write_text(path("requests.jsonl"), text);
    const std::string script =
        (phiscope::test::source_dir() / "tests/analyze/judge/mock_server.py").string();
    const Finished started = phiscope::test::run_shell(
        "{ python3 '" + script + "' '" + path("port").string() + "' '" + path("log").string() +
            "' " + faults + " >/dev/null 2>&1 & echo $!; }",
        folder_.path());
    pid_ = std::stoi(started.out);
    for (int i = 0; i < 4000 && !fs::exists(path("port")); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(25));
    }
    REQUIRE(fs::exists(path("port")));
  }
  ~Bench() { kill(pid_, SIGKILL); }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  [[nodiscard]] fs::path path(const std::string& name) const { return folder_.path() / name; }

  [[nodiscard]] Finished ask(const std::string& more = "",
                             const std::string& environment = std::string("OPENROUTER_API_KEY=") +
                                                              test_key,
                             const std::string& url = "") const {
    const std::string here = "http://127.0.0.1:" + read_text(path("port")) + "/v1/chat/completions";
    return phiscope::test::run_shell(environment + ' ' + phiscope::test::program("judge") + " '" +
                                         path("requests.jsonl").string() +
                                         "' --model m/1 --backoff-ms 20 --url '" +
                                         (url.empty() ? here : url) + "' " + more,
                                     folder_.path());
  }

  [[nodiscard]] std::vector<Judgement> judgements() const {
    return read_judgements(path("judgements.jsonl"), false);
  }

  /// What the server saw.
  [[nodiscard]] std::vector<json> log() const {
    std::vector<json> lines;
    if (!fs::exists(path("log"))) return lines;
    std::ifstream in(path("log"));
    for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
    return lines;
  }

  /// No file of the folder holds the key.
  void check_no_key() const {
    for (const auto& [name, text] : phiscope::test::tree(folder_.path())) {
      CAPTURE(name);
      CHECK(text.find(test_key) == std::string::npos);
    }
  }

 private:
  phiscope::test::TempDir folder_;
  int pid_ = 0;
};

json line_of(const Finished& done) {
  CAPTURE(done.out, done.err);
  CHECK(done.status == 0);
  return json::parse(done.out);
}

}  // namespace

TEST_CASE("verdicts are asked for once, and a second run sends nothing", "[run]") {
  const Bench bench("ok,no,ok,no", 4);
  const json first = line_of(bench.ask("--concurrency 1"));
  CHECK(first.at("sent") == 4);
  CHECK(first.at("verdicts") == 4);
  CHECK(first.at("missing").empty());
  const std::string bytes = read_text(bench.path("judgements.jsonl"));
  const auto judgements = bench.judgements();
  REQUIRE(judgements.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(judgements[i].id == "pair-" + std::to_string(i));
    CHECK(judgements[i].is_verdict);
    CHECK(judgements[i].distinct == (i % 2 == 0));
    CHECK(judgements[i].reason == (i % 2 == 0 ? "by areas, not by algebra" : "the same"));
    CHECK(judgements[i].asked_model == "m/1");
    CHECK(judgements[i].model == "served/model");
    CHECK(judgements[i].provider == "Mock");
    CHECK(judgements[i].usage.at("total_tokens") == 7);
    CHECK(judgements[i].request ==
          bench.log()[i].at("body").get<std::string>());  // SHA-256 of what was sent
  }
  const json second = line_of(bench.ask());
  CHECK(second.at("sent") == 0);
  CHECK(second.at("cached") == 4);
  CHECK(bench.log().size() == 4);
  CHECK(read_text(bench.path("judgements.jsonl")) == bytes);
  const json offline = line_of(bench.ask("--offline", ""));
  CHECK(offline.at("verdicts") == 4);
  CHECK(read_text(bench.path("judgements.jsonl")) == bytes);
  CHECK_FALSE(fs::exists(bench.path("judgements.jsonl.journal")));
  CHECK_FALSE(fs::exists(bench.path("judgements.jsonl.lock")));
}

TEST_CASE("the order of judgements is that of the requests for any concurrency", "[run]") {
  const Bench one("ok", 9);
  const Bench many("ok", 9);
  (void)line_of(one.ask("--concurrency 1"));
  (void)line_of(many.ask("--concurrency 8"));
  CHECK(read_text(one.path("judgements.jsonl")) == read_text(many.path("judgements.jsonl")));
}

TEST_CASE("the key is sent to the server and is nowhere else", "[run]") {
  const Bench bench("echoall");
  (void)line_of(bench.ask());
  const auto log = bench.log();
  REQUIRE(log.size() == 1);
  const std::string key = test_key;
  CHECK(log[0].at("key") == phiscope::shard::sha256(std::as_bytes(std::span(key))));
  CHECK(log[0].at("leak") == false);
  CHECK(bench.judgements()[0].reason == "key [key]");
  CHECK(bench.judgements()[0].model == "[key]");
  bench.check_no_key();

  const Bench refusing("echokey");
  const Finished refused = refusing.ask();
  CHECK(refused.status == 1);
  CHECK_THAT(refused.err, Contains("refuses the key") && Contains("[key]"));
  refusing.check_no_key();

  const Bench without("ok");
  (void)line_of(without.ask("--no-key"));
  CHECK(without.log()[0].at("key").is_null());
  const Bench loopback("ok");
  (void)line_of(loopback.ask("", ""));  // a server here needs none
  CHECK(loopback.log()[0].at("key").is_null());
}

TEST_CASE("a redirect is not followed", "[run]") {
  const Bench bench("redirect");
  CHECK(line_of(bench.ask()).at("missing") == json({{"http_307", 1}}));
  CHECK(bench.log().size() == 1);
}

TEST_CASE("what passes is tried again, at most five times", "[run]") {
  for (const char* faults :
       {"500,503,429,ok", "error200,choiceerror,ok", "429after,ok", "402after,ok", "429date,ok"}) {
    const Bench bench(faults);
    const auto begin = std::chrono::steady_clock::now();
    const json line = line_of(bench.ask());
    CAPTURE(faults);
    CHECK(line.at("verdicts") == 1);
    const auto tries = std::count(faults, faults + std::string(faults).size(), ',') + 1;
    CHECK(line.at("sent") == tries);
    CHECK(std::ssize(bench.log()) == tries);
    // A wait is obeyed, whether it is told in seconds or as a date.
    const std::string text(faults);
    if (text.find("after") == std::string::npos && text.find("date") == std::string::npos) continue;
    CHECK(std::chrono::steady_clock::now() - begin > std::chrono::milliseconds(990));
  }
  const Bench bench("503");
  const json line = line_of(bench.ask());
  CHECK(line.at("missing") == json({{"http_503", 1}}));
  CHECK(bench.log().size() == 5);
  CHECK_FALSE(bench.judgements()[0].answered);
  const Bench patient("429long");
  CHECK(line_of(patient.ask()).at("missing") == json({{"http_429", 1}}));
  CHECK(patient.log().size() == 1);  // no wait of a day
}

TEST_CASE("what does not pass is not tried again, and is missing with its reason", "[run]") {
  const std::vector<std::pair<std::string, std::string>> faults{
      {"refusal", "refused"},       {"content_filter", "refused"},
      {"cut_off", "cut_off"},       {"nullcontent", "empty_content"},
      {"badbool", "no_verdict"},    {"nochoices", "no_choices"},
      {"html", "not_json"},         {"empty", "empty"},
      {"huge", "too_large"},        {"truncated", "connection_lost"},
      {"reset", "connection_lost"}, {"403", "moderated"},
      {"404", "http_404"}};
  std::string sequence;
  for (const auto& [fault, reason] : faults) sequence += (sequence.empty() ? "" : ",") + fault;
  const Bench bench(sequence, faults.size());
  const json line = line_of(bench.ask("--concurrency 1"));
  CHECK(line.at("verdicts") == 0);
  CHECK(line.at("sent") == faults.size());
  const auto judgements = bench.judgements();
  REQUIRE(judgements.size() == faults.size());
  for (std::size_t i = 0; i < faults.size(); ++i) {
    CAPTURE(faults[i].first);
    CHECK(judgements[i].reason == faults[i].second);
    CHECK_FALSE(judgements[i].is_verdict);
  }
  bench.check_no_key();
}

TEST_CASE("fenced, thinking and divided answers are verdicts", "[run]") {
  const Bench bench("fenced,think,parts,keepalive", 4);
  CHECK(line_of(bench.ask("--concurrency 1 --idle-timeout 2")).at("verdicts") == 4);
}

TEST_CASE("a server that says nothing is left after the time given", "[run]") {
  const Bench bench("hang");
  CHECK(line_of(bench.ask("--timeout 1")).at("missing") == json({{"timeout", 1}}));
  const Bench slow("slow");  // a byte a second is not silence, but the whole takes too long
  CHECK(line_of(slow.ask("--timeout 2 --idle-timeout 60")).at("missing") == json({{"timeout", 1}}));
  const Bench idle("hang");
  CHECK(line_of(idle.ask("--idle-timeout 1")).at("missing") == json({{"timeout", 1}}));
  const Bench nobody("ok");
  const json line = line_of(nobody.ask("", "", "http://127.0.0.1:1/"));
  CHECK(line.at("missing") == json({{"unreachable", 1}}));
  CHECK(line.at("sent") == 5);
}

TEST_CASE("failures are asked for again by the next run, paid answers on request alone", "[run]") {
  const Bench bench("404,badbool,ok", 2);
  CHECK(line_of(bench.ask("--concurrency 1")).at("verdicts") == 0);
  const json second = line_of(bench.ask());
  CHECK(second.at("sent") == 1);
  CHECK(second.at("cached") == 1);
  CHECK(second.at("missing") == json({{"no_verdict", 1}}));
  const json third = line_of(bench.ask("--retry-missing"));
  CHECK(third.at("sent") == 1);
  CHECK(third.at("verdicts") == 2);
}

TEST_CASE("an end of the credit ends the program, what was answered stays", "[run]") {
  for (const char* faults : {"ok,402", "ok,fatal200"}) {
    const Bench bench(faults, 5);
    const Finished done = bench.ask("--concurrency 1");
    CHECK(done.status == 1);
    CHECK(done.out.empty());
    CHECK_THAT(done.err, Contains("judge: error: the account has no credit left"));
    CHECK(bench.log().size() == 2);
    REQUIRE(bench.judgements().size() == 1);
    CHECK(bench.judgements()[0].is_verdict);
  }
  const Bench strict("400");
  CHECK_THAT(strict.ask().err, Contains("--response-format object"));
}

TEST_CASE("a limit leaves the others for later, and offline asks for none", "[run]") {
  const Bench bench("ok", 5);
  const json limited = line_of(bench.ask("--limit 2"));
  CHECK(limited.at("sent") == 2);
  CHECK(limited.at("not_asked") == 3);
  const json offline = line_of(bench.ask("--offline"));
  CHECK(offline.at("sent") == 0);
  CHECK(offline.at("not_asked") == 3);
  CHECK(bench.judgements().size() == 2);
  CHECK(line_of(bench.ask()).at("sent") == 3);
}

TEST_CASE("equal questions are asked once, judgements of others stay", "[run]") {
  const Bench bench("ok", 2);
  (void)line_of(bench.ask());
  const std::string before = read_text(bench.path("judgements.jsonl"));
  const std::string same = "\",\"problem\":\"p9\",\"first\":\"x\",\"second\":\"y\"}\n";
  write_text(bench.path("requests.jsonl"), "{\"id\":\"a" + same + "{\"id\":\"b" + same);
  CHECK(line_of(bench.ask()).at("sent") == 1);
  const auto judgements = bench.judgements();
  REQUIRE(judgements.size() == 4);
  CHECK(judgements[0].id == "a");
  CHECK(judgements[1].id == "b");
  CHECK(judgements[0].request == judgements[1].request);
  const std::string after = read_text(bench.path("judgements.jsonl"));
  CHECK(after.substr(after.size() - before.size()) == before);
}

TEST_CASE("the journal of a killed run is not paid again", "[run]") {
  const Bench bench("ok", 3);
  (void)line_of(bench.ask());
  const std::string all = read_text(bench.path("judgements.jsonl"));
  const std::size_t second_line = all.find('\n', all.find('\n') + 1) + 1;
  write_text(bench.path("judgements.jsonl.journal"), all.substr(0, second_line + 30));
  fs::remove(bench.path("judgements.jsonl"));
  const json line = line_of(bench.ask());
  CHECK(line.at("cached") == 2);
  CHECK(line.at("sent") == 1);
  CHECK(read_text(bench.path("judgements.jsonl")) == all);
}

TEST_CASE("wrong use and wrong files are said before anything is sent", "[run]") {
  const Bench bench("ok");
  const auto error_of = [&](const std::string& environment, const std::string& url = "") {
    const Finished done = bench.ask("", environment, url);
    CHECK(done.status == 1);
    return done.err;
  };
  CHECK_THAT(error_of("", "ftp://127.0.0.1/"), Contains("judge: error: --url: found ftp"));
  CHECK_THAT(error_of("", "https://localhost.example.com/"),
             Contains("OPENROUTER_API_KEY is not set"));
  CHECK_THAT(error_of("OPENROUTER_API_KEY='a b c d e f g h'"), Contains("found a space"));
  write_text(bench.path("judgements.jsonl"), "{}\n");
  CHECK_THAT(error_of(""), Contains("judgements.jsonl"));
  fs::remove(bench.path("judgements.jsonl"));
  write_text(bench.path("requests.jsonl"), "{\"id\":\"1\"}\n");
  CHECK_THAT(error_of(""), Contains("requests.jsonl: line 1"));
  CHECK(bench.log().empty());
  CHECK_FALSE(fs::exists(bench.path("judgements.jsonl")));
}
