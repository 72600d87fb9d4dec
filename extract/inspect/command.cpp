// SPDX-License-Identifier: MIT
#include "inspect/command.hpp"

#include "command/flags.hpp"
#include "inspect/inspect.hpp"

#include <memory>

namespace phiscope::extract {
namespace {

Subcommand info_subcommand(CLI::App& program) {
  const auto options = std::make_shared<InfoOptions>();
  Flags flags(program, "info",
              "Reads and checks a model directory, or lists a .safetensors file, as JSON.\n"
              "example: extract info datasets/models/walk");
  flags.add("path", options->path, "model directory or .safetensors file").required();
  flags.add_switch("--quick", options->quick, "headers only: no hashes, values not checked");
  return {.app = &flags.command(), .go = [options](const std::string&) { info(*options); }};
}

Subcommand check_subcommand(CLI::App& program) {
  const auto options = std::make_shared<CheckOptions>();
  Flags flags(program, "check",
              "Lists what a run would ignore, default, skip, convert or do otherwise than a model "
              "directory asks.\n"
              "example: extract check datasets/models/walk");
  flags.add("model", options->model, "model directory").required();
  flags.add_switch("--quick", options->quick, "headers only: values not checked");
  flags.add_switch("--json", options->json, "print JSON");
  return {.app = &flags.command(), .go = [options](const std::string&) { check(*options); }};
}

Subcommand tokens_subcommand(CLI::App& program) {
  const auto options = std::make_shared<TokensOptions>();
  Flags flags(program, "tokens",
              "Prints the token ids, byte offsets and decoded text of prompts, as JSON lines.\n"
              "example: extract tokens --model datasets/models/walk --prompts prompts.jsonl");
  flags.add("--model", options->model, "model directory").required();
  flags.add("--prompts", options->prompts, "prompt file (JSON lines or a JSON list)").required();
  flags.add_switch("--no-special", options->no_special, "do not add special tokens such as BOS");
  return {.app = &flags.command(), .go = [options](const std::string&) { tokens(*options); }};
}

Subcommand problems_subcommand(CLI::App& program) {
  const auto options = std::make_shared<ProblemsOptions>();
  Flags flags(program, "problems",
              "Counts the problems of a file by their steps and lists those without a number as "
              "answer, as JSON.\n"
              "example: extract problems problems.jsonl");
  flags.add("file", options->file, "problem file (JSON lines or a JSON list)").required();
  return {.app = &flags.command(), .go = [options](const std::string&) { problems(*options); }};
}

Subcommand verify_subcommand(CLI::App& program) {
  const auto options = std::make_shared<VerifyOptions>();
  Flags flags(program, "verify",
              "Re-hashes a run directory and checks shapes, row counts, NaN and infinity.\n"
              "example: extract verify run");
  flags.add("run", options->run, "run directory").required();
  return {.app = &flags.command(), .go = [options](const std::string&) { verify(*options); }};
}

}  // namespace

std::vector<Subcommand> inspect_subcommands(CLI::App& program) {
  return {info_subcommand(program), check_subcommand(program), tokens_subcommand(program),
          problems_subcommand(program), verify_subcommand(program)};
}

}  // namespace phiscope::extract
