// SPDX-License-Identifier: MIT
#include "judge/run.hpp"
#include "judge/server.hpp"
#include "program/run_program.hpp"

#include <utility>

namespace {

using phiscope::judge::Key;
using phiscope::judge::key_variable;
using phiscope::judge::Options;
using phiscope::judge::ResponseFormat;
using phiscope::judge::Server;
using phiscope::program::CommandLine;

void add_options(CommandLine& line, Options& options) {
  line.text("requests", options.requests, "judge_requests.jsonl of analyze-sampling", true);
  line.text("--model", options.model, "name of the judge on the server", true);
  line.text("--out", options.judgements,
            "file of the judgements (default: judgements.jsonl beside the requests)");
  line.text("--url", options.url, "OpenAI-compatible chat endpoint (default: that of OpenRouter)");
  line.choice(
      "--response-format", options.format,
      std::vector<std::pair<std::string, ResponseFormat>>{{"schema", ResponseFormat::schema},
                                                          {"object", ResponseFormat::object},
                                                          {"none", ResponseFormat::none}},
      "how to ask for JSON: not every server takes a schema");
  line.number("--max-tokens", options.max_tokens, "tokens of an answer, thoughts included", {1});
  line.number("--limit", options.limit, "requests to send at most (0: all)");
  line.number("--concurrency", options.concurrency, "requests under way at a time", {1, 64});
  line.number("--timeout", options.timeout_s, "seconds for a request in all", {1, 86'400});
  line.number("--idle-timeout", options.idle_timeout_s, "seconds without a byte", {1, 86'400});
  line.number("--backoff-ms", options.backoff_ms,
              "milliseconds before the second try, doubled each", {0, 600'000});
  line.flag("--no-key", options.no_key, "send no key");
  line.flag("--offline", options.offline, "send nothing; rewrite what is cached");
  line.flag("--retry-missing", options.retry_missing,
            "ask again where an answer held no verdict (costs again)");
}

Key key_for(const Options& options) {
  Key key = Key::from_environment();
  if (options.no_key || options.offline) return {};
  if (key.empty() && !Server(options, {}).is_loopback()) {
    throw std::invalid_argument(std::string(key_variable) +
                                " is not set: export it, or use --no-key for a server without one");
  }
  return key;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  return phiscope::program::run_program(
      argc, argv,
      {.name = "judge",
       .about = "Asks a language model whether solutions differ: the only program that uses the\n"
                "network. Answers are kept in judgements.jsonl and never asked for twice.\n"
                "The key is read from the variable OPENROUTER_API_KEY alone.",
       .example = "judge RESULT/judge_requests.jsonl --model openai/gpt-5-mini",
       .add_options = [&](CommandLine& line) { add_options(line, options); },
       .check = {},
       .run =
           [&] {
             return phiscope::judge::summary_line(phiscope::judge::run(options, key_for(options)),
                                                  options);
           }});
}
