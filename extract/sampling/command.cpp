// SPDX-License-Identifier: MIT
#include "sampling/command.hpp"

#include "command/flags.hpp"
#include "command/generated_texts.hpp"
#include "command/next_program.hpp"
#include "command/run.hpp"
#include "sampling/attribution.hpp"
#include "sampling/config_keys.hpp"
#include "sampling/flags.hpp"
#include "sampling/inputs.hpp"
#include "sampling/options.hpp"
#include "sampling/points.hpp"
#include "sampling/requests.hpp"
#include "sampling/smoke.hpp"
#include "shard/file/format_error.hpp"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

namespace phiscope::extract {
namespace {

/// Which layers make the difference between the two tokens of a point.
void attribute(const SamplingSetting& setting, const RunOptions& own,
               const std::string& command_line) {
  const SamplingOptions& options = setting.options;
  const std::filesystem::path file = options.points.empty()
                                         ? options.run.out / "sensitivity/bifurcation_points.json"
                                         : options.points;
  if (!std::filesystem::exists(file)) {
    if (own.dry_run) {
      std::cerr
          << "note: attribution: its points are known when the step sensitivity is complete\n";
      return;
    }
    throw std::runtime_error(shard::path_text(file) +
                             ": found no file, expected the points of a finished run (extract "
                             "sampling --steps sensitivity), or --points FILE");
  }
  const std::vector<BranchPoint> points =
      read_branch_points(file, options.top_points, setting.model, setting.problems);
  run(own, setting.model, attribution_request(points, options, setting.model, file), command_line);
}

void sampling(const SamplingOptions& given, const std::string& command_line) {
  SamplingOptions options = given.smoke ? smoke_options(given) : given;
  const std::vector<SamplingStep> steps = asked_steps(options);
  std::ranges::sort(options.temperatures);
  if (options.oracle.empty() && std::ranges::count(steps, SamplingStep::manifold) > 0) {
    options.oracle = options.problems;
    std::cerr << "note: --oracle: none given, the solutions of the problem file are taken\n";
  }
  const CheckedModel model = check_run(options.run);
  check_sampling(options, steps, model.config);
  SamplingSetting setting{.options = options,
                          .model = model,
                          .problems = sampling_problems(options, steps, model.config),
                          .texts = {}};
  if (!options.texts.empty()) {
    setting.texts = read_given_texts(options, setting.problems, model.config);
  }
  // A known solution that cannot be used is an error before another step has computed for hours.
  std::optional<RunRequest> manifold;
  if (std::ranges::count(steps, SamplingStep::manifold) > 0) {
    manifold = sampling_request(setting, SamplingStep::manifold);
  }
  for (const SamplingStep step : steps) {
    RunOptions own = options.run;
    own.out = options.run.out / choice_name(sampling_steps, step);
    if (step == SamplingStep::attribution) {
      attribute(setting, own, command_line);
      continue;
    }
    run(own, model,
        step == SamplingStep::manifold ? std::exchange(manifold, std::nullopt).value()
                                       : sampling_request(setting, step),
        command_line);
    if (own.dry_run || !options.texts.empty()) continue;
    write_generated_texts(own, *model.files);
    if (step == SamplingStep::sensitivity) write_points(own.out, own.lock);
  }
  const bool complete = std::ranges::all_of(steps, [&](SamplingStep step) {
    const auto folder = options.run.out / choice_name(sampling_steps, step);
    return std::filesystem::exists(folder / "manifest.json");
  });
  if (complete && !options.run.dry_run) say_next("sampling", options.run.out);
}

}  // namespace

Subcommand sampling_subcommand(CLI::App& program) {
  const auto options = std::make_shared<SamplingOptions>();
  Flags flags(program, "sampling",
              "Draws many solutions of each problem and keeps how their latents vary, how far they "
              "are from a known solution, and where another token changes the path.\n"
              "example: extract sampling --model datasets/models/words\n"
              "           --problems datasets/words/problems.jsonl --steps variance --out run");
  add_sampling_flags(flags, *options);
  return {.app = &flags.command(),
          .run = &options->run,
          .go = [options](const std::string& line) { sampling(*options, line); },
          .names = sampling_config_names()};
}

}  // namespace phiscope::extract
