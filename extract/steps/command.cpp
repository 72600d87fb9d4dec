// SPDX-License-Identifier: MIT
#include "steps/command.hpp"

#include "command/donors.hpp"
#include "command/flags.hpp"
#include "command/generated_texts.hpp"
#include "command/prompt_runs.hpp"
#include "command/run.hpp"
#include "files/latent_question.hpp"
#include "shard/file/format_error.hpp"
#include "shard/file/sha256.hpp"
#include "steps/inputs.hpp"
#include "steps/options.hpp"

#include <iostream>
#include <memory>
#include <stdexcept>

namespace phiscope::extract {
namespace {

using nlohmann::ordered_json;

/// The problems of a run, and what of the file is left out.
struct ChosenProblems {
  TokenProblems read;
  std::vector<std::optional<std::size_t>> strata;  ///< [problem] of all that could run
  std::vector<ProblemPart> parts;                  ///< [problem] of all that could run
  std::vector<std::string> not_there;              ///< ids of --select
};

std::optional<std::size_t> stratum(const Problem& problem) {
  return problem.steps ? std::optional(stratum_of(*problem.steps)) : std::nullopt;
}

/// Leaves out of `chosen.read` what was not drawn.
void keep_drawn(ChosenProblems& chosen) {
  TokenProblems kept;
  kept.dropped = std::move(chosen.read.dropped);
  for (std::size_t p = 0; p < chosen.parts.size(); ++p) {
    if (chosen.parts[p] == ProblemPart::left_out) {
      if (!chosen.strata[p]) kept.dropped.push_back({chosen.read.problems[p].id, "no_steps"});
      continue;
    }
    kept.problems.push_back(std::move(chosen.read.problems[p]));
    kept.tokens.push_back(std::move(chosen.read.tokens[p]));
  }
  chosen.read = std::move(kept);
}

ChosenProblems choose(const StepsOptions& options, const StepLayout& layout,
                      const ModelConfig& config) {
  warn_of_blank_lines(options.problems);
  std::vector<Problem> problems = read_problems(options.problems);
  ChosenProblems chosen;
  if (!options.select.empty()) {
    chosen.not_there = select_problems(options.select, options.problems, problems);
  }
  const ProblemReading how{.answer_prefix = options.answer_prefix.empty()
                                                ? config.latent->answer_prefix
                                                : options.answer_prefix,
                           .thoughts = layout.latents,
                           .ends = layout.published ? 2 : 1,
                           .generated = answer_tokens(options.max_new_tokens, config),
                           .skip_bad = options.skip_bad};
  chosen.read =
      tokenise_problems(options.problems, std::move(problems), options.run.model, config, how);
  for (const Problem& problem : chosen.read.problems) chosen.strata.push_back(stratum(problem));
  chosen.parts = sample_problems(chosen.strata, {.per_stratum = options.per_stratum,
                                                 .validation = options.validation,
                                                 .seed = options.run.seed});
  keep_drawn(chosen);
  if (chosen.read.problems.empty()) {
    throw std::runtime_error("--per-stratum: found no problem of a known number of steps in " +
                             shard::path_text(options.problems) + ", expected some");
  }
  return chosen;
}

/// What was asked for and cannot be had goes to standard error as well.
void warn(const StepsOptions& options, const ChosenProblems& chosen) {
  if (options.published) {
    std::cerr << "warning: --published: the question's last token is set to zero with the steps, "
                 "the end of the thoughts is fed twice in changed runs, and step 0 is what begins "
                 "the thoughts\n";
  }
  if (!chosen.not_there.empty()) {
    std::cerr << "warning: --select: " << chosen.not_there.size() << " ids are not in "
              << shard::path_text(options.problems) << " (the first: " << chosen.not_there.front()
              << ")\n";
  }
  const auto counts = count_strata(chosen.strata, chosen.parts);
  for (std::size_t s = 0; s < stratum_names.size(); ++s) {
    const std::size_t usable = counts.at(s).available - counts.at(s).validation;
    if (options.per_stratum == 0 || usable >= options.per_stratum) continue;
    std::cerr << "warning: --per-stratum: " << usable << " problems of " << stratum_names.at(s)
              << " steps, fewer than " << options.per_stratum << '\n';
  }
  const auto& dropped = chosen.read.dropped;
  if (dropped.empty()) return;
  std::cerr << "warning: " << dropped.size() << " problems do not run:";
  constexpr std::size_t shown = 10;
  for (std::size_t i = 0; i < std::min(shown, dropped.size()); ++i) {
    std::cerr << ' ' << dropped[i].id << " (" << dropped[i].status << ')';
  }
  std::cerr << (dropped.size() > shown ? " ...\n" : "\n");
}

std::vector<Capture> captures_of(const StepsOptions& options, const StepLayout& layout) {
  std::vector<Capture> captures;
  const auto measure = [&](const char* array, Measure what) {
    captures.push_back({.array = array, .hook = Hook::logits, .layers = {}, .measure = what});
  };
  measure("kl", Measure::kl);
  measure("reverse_kl", Measure::reverse_kl);
  measure("prediction_changed", Measure::prediction_changed);
  measure("token_score", Measure::token_score);
  measure("token_log_probability", Measure::token_log_probability);
  if (options.dump_logits) {
    captures.push_back({.array = "logits", .hook = Hook::logits, .layers = {}});
  }
  captures.push_back({.array = "clean_latents",
                      .hook = Hook::resid_post,
                      .layers = layout.layers,
                      .measure = Measure::values,
                      .space = 1});
  return captures;
}

/// Fills Plan::donors and StepLayout::donor_row. @return  the digest of the donors' run, or ""
std::string add_donors(const StepsOptions& options, const TokenProblems& read,
                       const CheckedModel& model, StepLayout& layout, Plan& plan) {
  if (options.donor == StepDonor::zero) return "";
  const int bot = options.include_bot ? 1 : 0;
  DonorRequest request{.kind = options.donor == StepDonor::mean ? DonorRequest::Kind::mean
                                                                : DonorRequest::Kind::resample,
                       .folder = options.donors,
                       .experiment = "steps",
                       .noun = "problem",
                       .of = {},
                       .first_step = -bot,
                       .hook = "hook_resid_post",
                       .place = Hook::resid_post,
                       .layers = layout.layers,
                       .seed = options.run.seed};
  request.of.reserve(read.problems.size());
  for (const Problem& problem : read.problems) {
    request.of.push_back({problem.id, layout.latents + bot});
  }
  Donors donors = take_donors(request, model);
  plan.donors.push_back(std::move(donors.table));
  for (std::vector<int>& rows : donors.rows) {
    if (bot == 0) rows.insert(rows.begin(), -1);  // of step -1, which is not changed
    layout.donor_row.push_back(std::move(rows));
  }
  return donors.digest;
}

/// "12", or "3/4".
std::string number_text(const Rational& number) {
  const std::string whole = std::to_string(number.numerator);
  return number.denominator == 1 ? whole : whole + "/" + std::to_string(number.denominator);
}

ordered_json described(const ChosenProblems& chosen) {
  ordered_json list = ordered_json::array();
  std::size_t next = 0;
  for (const ProblemPart part : chosen.parts) {
    if (part == ProblemPart::left_out) continue;
    const Problem& problem = chosen.read.problems[next];
    const StepProblem& tokens = chosen.read.tokens[next++];
    const auto first = tokens.forced.begin() + static_cast<std::ptrdiff_t>(tokens.first_scored);
    const auto of = stratum(problem);
    list.push_back({{"problem_id", problem.id},
                    {"part", part == ProblemPart::sweep ? "sweep" : "validation"},
                    {"stratum", of ? ordered_json(*of + 2) : ordered_json()},
                    {"steps", problem.steps ? ordered_json(*problem.steps) : ordered_json()},
                    {"gold", number_text(*problem.gold)},
                    {"answer", problem.gold_text},
                    {"positions", tokens.tokens.size()},
                    {"tokens", std::vector<int>(first, tokens.forced.end())}});
  }
  return list;
}

ordered_json described_strata(const ChosenProblems& chosen) {
  ordered_json list = ordered_json::array();
  const auto counts = count_strata(chosen.strata, chosen.parts);
  for (std::size_t s = 0; s < counts.size(); ++s) {
    const bool known = s < stratum_names.size();
    list.push_back({{"stratum", known ? ordered_json(s + 2) : ordered_json()},
                    {"available", counts.at(s).available},
                    {"sweep", counts.at(s).sweep},
                    {"validation", counts.at(s).validation}});
  }
  return list;
}

std::string prompt_lines(const TokenProblems& read) {
  std::string lines;
  for (std::size_t p = 0; p < read.problems.size(); ++p) {
    const Problem& problem = read.problems[p];
    ordered_json meta = problem.meta;
    if (problem.steps) meta["reasoning_steps"] = *problem.steps;
    lines += ordered_json{{"id", problem.id},
                          {"text", problem.question},
                          {"input_ids", read.tokens[p].tokens},
                          {"answer", problem.gold_text},
                          {"meta", meta}}
                 .dump() +
             "\n";
  }
  return lines;
}

ordered_json described(const StepsOptions& options, const StepLayout& layout, int tokens,
                       const std::string& primary) {
  return {{"problems", shard::sha256_file(options.problems)},
          {"sets", options.published ? std::vector<std::string>{"cumulative"} : options.sets},
          {"published", options.published},
          {"donor", choice_name(step_donors, options.donor)},
          {"layers", layout.layers},
          {"latents", layout.latents},
          {"include_bot", options.include_bot},
          {"per_stratum", options.per_stratum},
          {"validation", options.validation},
          {"select", options.select.empty() ? "" : shard::sha256_file(options.select)},
          {"max_new_tokens", tokens},
          {"primary", primary},
          {"seed", options.run.seed}};
}

void steps(const StepsOptions& options, const std::string& command_line) {
  const CheckedModel model = check_run(options.run);
  const ModelConfig& config = model.config;
  StepLayout layout = layout_of(options, config);
  const std::string primary = primary_claim(options, layout);
  const ChosenProblems chosen = choose(options, layout, config);
  const TokenProblems& read = chosen.read;
  layout.after = after_thoughts(*config.latent);

  RunRequest request{
      .experiment = "steps",
      .plan = {},
      .row_formula = "",
      .row_space = "step_set",
      .row_key = {"problem", "layer", "kind", "step", "readout"},
      .prompts_jsonl = prompt_lines(read),
      .options = described(options, layout, answer_tokens(options.max_new_tokens, config), primary),
      .details = {}};
  Plan& plan = request.plan;
  plan.captures = captures_of(options, layout);
  plan.further_spaces = {{.name = "latent", .key = {"problem", "step"}}};
  plan.generation.tokens = answer_tokens(options.max_new_tokens, config);
  set_ends(options.run.model, config, /*ignore_eos=*/false, plan.generation);
  request.options["donors"] = add_donors(options, read, model, layout, plan);
  warn(options, chosen);
  add_steps(read.tokens, layout, plan);
  plan.groups_per_shard = options.problems_per_shard;

  ordered_json dropped = ordered_json::array();
  for (const DroppedProblem& problem : read.dropped) {
    dropped.push_back({{"problem_id", problem.id}, {"status", problem.status}});
  }
  std::vector<std::string> kinds;
  for (const StepKind kind : layout.kinds) {
    kinds.emplace_back(step_kind_names.at(static_cast<std::size_t>(kind)));
  }
  request.details = {{"problems", described(chosen)},
                     {"dropped", dropped},
                     {"not_selected", chosen.not_there},
                     {"strata", described_strata(chosen)},
                     {"kinds", kinds},
                     {"layers", layout.layers},
                     {"model_layers", config.layers},
                     {"hook", "hook_resid_post"},
                     {"latents", layout.latents},
                     {"include_bot", options.include_bot},
                     {"donor", choice_name(step_donors, options.donor)},
                     {"published", options.published},
                     {"max_new_tokens", plan.generation.tokens},
                     {"readouts", step_readout_names(read.tokens)}};
  run(options.run, model, std::move(request), command_line);
  if (!options.run.dry_run) write_generated_texts(options.run, *model.files);
}

void add_flags(Flags& flags, StepsOptions& options) {
  add_run_options(flags, options.run,
                  "layers at which thoughts are changed: middle, all, or a list like 0-3,7");
  flags
      .add("--problems", options.problems,
           "problems with questions and answers: GSM8K, MATH-500, GSM8K-Aug or Coconut's list, as "
           "JSON lines or a JSON list")
      .required();
  flags
      .add("--sets", options.sets,
           "thoughts that are changed together: cumulative (the first i), single, leave-one (all "
           "but one), all; or early-exit (only the first i are thought)")
      .list()
      .with_default();
  flags.add_choice("--donor", options.donor, step_donors,
                   "what a changed thought becomes: zero, its mean over the other problems, or "
                   "that of another problem; the last two need --donors");
  flags
      .add("--donors", options.donors,
           "run directory of extract steps whose clean_latents are the values")
      .existing_directory();
  flags.add("--latents", options.latents, "number of thoughts; 0: the model's own")
      .between(0, 1024);
  flags.add_switch("--include-bot", options.include_bot,
                   "change what begins the thoughts as well, as step -1 of single");
  flags.add_switch("--published", options.published,
                   "as in the published experiment: the question's last token is changed with the "
                   "steps, the end is fed twice, and what begins the thoughts is step 0");
  flags
      .add("--per-stratum", options.per_stratum,
           "draw so many problems of 2, of 3, of 4 and of 5 or more steps; 0: take all")
      .between(0, 1000000);
  flags
      .add("--validation", options.validation,
           "draw so many further problems, evenly by stratum, to be reported apart")
      .between(0, 1000000);
  flags.add("--select", options.select, "take only the problems whose ids are in this file")
      .existing_file();
  flags
      .add("--max-new-tokens", options.max_new_tokens,
           "tokens of a free answer, at most; 0: 256, or a quarter of a shorter context")
      .between(0, 100000);
  flags.add_switch("--dump-logits", options.dump_logits,
                   "keep the logits of every read-out; for small runs");
  flags.add_switch("--skip-bad-problems", options.skip_bad,
                   "leave out problems that the context does not hold, and count them");
  flags.add("--answer-prefix", options.answer_prefix,
            "text before an answer that is given (default: the model's own)");
  flags.add("--problems-per-shard", options.problems_per_shard, "problems per shard")
      .between(1, 1000000)
      .with_default();
  flags.add(
      "--primary", options.primary,
      "the one claim that the run is to decide: needs_thought (right answers are lost without "
      "thoughts), importance (some single thought matters) or trend (thoughts matter more for "
      "harder problems); all else is exploratory");
}

}  // namespace

Subcommand steps_subcommand(CLI::App& program) {
  const auto options = std::make_shared<StepsOptions>();
  Flags flags(program, "steps",
              "Changes the thoughts of a latent model step by step and asks which of them a right "
              "answer needs: given answers are scored, free ones kept.\n"
              "example: extract steps --model datasets/models/week\n"
              "           --problems datasets/week/problems.jsonl --out run");
  add_flags(flags, *options);
  return {.app = &flags.command(), .run = &options->run, .go = [options](const std::string& line) {
            steps(*options, line);
          }};
}

}  // namespace phiscope::extract
