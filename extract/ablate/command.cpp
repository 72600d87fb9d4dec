// SPDX-License-Identifier: MIT
#include "ablate/command.hpp"

#include "ablate/inputs.hpp"
#include "ablate/options.hpp"
#include "ablate/order_names.hpp"
#include "ablate/plan.hpp"
#include "command/flags.hpp"
#include "command/run.hpp"

#include <iostream>
#include <memory>
#include <stdexcept>

namespace phiscope::extract {
namespace {

using nlohmann::ordered_json;

/// What each order removes, for plan.json.
ordered_json described(const std::vector<AblationOrder>& orders) {
  ordered_json list = ordered_json::array();
  for (const AblationOrder& order : orders) {
    list.push_back({{"name", order.name}, {"kind", order.kind}, {"heads", order.heads}});
    if (!order.of.empty()) list.back()["of"] = order.of;
  }
  return list;
}

std::vector<Capture> measures(bool logits) {
  std::vector<Capture> captures{
      {.array = "kl", .hook = Hook::logits, .layers = {}, .measure = Measure::kl},
      {.array = "reverse_kl", .hook = Hook::logits, .layers = {}, .measure = Measure::reverse_kl},
      {.array = "prediction_changed",
       .hook = Hook::logits,
       .layers = {},
       .measure = Measure::prediction_changed}};
  if (logits) captures.push_back({.array = "logits", .hook = Hook::logits, .layers = {}});
  return captures;
}

constexpr const char* published_warning =
    "--published: five random orders, as in the published experiment: no order can have a p-value "
    "below 1/6 against them; the default of 20 can reach 0.05 (19 are the least)";

/// How the heads are removed, as plan.json has it: the texts that values come from are part of it.
ordered_json described(const AblationLayout& layout) {
  ordered_json described{{"mode", choice_name(replacements, layout.replacement)}};
  if (layout.replacement == Replacement::resample) described["donors"] = layout.donors;
  return described;
}

AblationLayout layout_of(const AblateOptions& options, const ModelConfig& config,
                         std::size_t texts) {
  AblationLayout layout{.heads_per_layer = static_cast<int>(config.heads),
                        .per_shard = options.removals_per_shard,
                        .by_step = options.dump_logits,
                        .replacement = options.replacement};
  if (options.replacement != Replacement::resample) return layout;
  if (texts < 2) {
    throw std::runtime_error("--remove resample: found " + std::to_string(texts) +
                             " text, expected at least 2: values come from another text");
  }
  layout.donors = donor_texts(texts, options.run.seed);
  return layout;
}

void ablate(AblateOptions options, const std::string& command_line) {
  if (options.published) {
    options.orders = published_orders;
    std::cerr << "warning: " << published_warning << '\n';
  }
  const CheckedModel model = check_run(options.run);
  const ModelConfig& config = model.config;
  const AblationInputs inputs = read_ablation_texts(options.texts, model, options.limit);
  const int heads = static_cast<int>(config.layers * config.heads);
  std::vector<AblationOrder> orders;
  if (!options.heads_alone) orders = read_orders(options, config);
  const AblationLayout layout = layout_of(options, config, inputs.texts.size());

  RunRequest request{.experiment = "ablate",
                     .plan = {},
                     .row_formula = "mean over the positions that predict the response",
                     .row_space = "ablation",
                     .row_key = {"order", "removed", "prompt"},
                     .prompts_jsonl = inputs.prompts_jsonl,
                     .options = {},
                     .details = {}};
  if (options.dump_logits) {
    request.row_key.emplace_back("step");
    request.row_formula = "one position that predicts the response";
  }
  request.plan.captures = measures(options.dump_logits);
  const std::vector<Removal> removals =
      options.heads_alone ? single_removals(heads) : removals_of(orders, options.step_size);
  add_ablation(inputs.texts, removals, layout, request.plan);
  request.options = {{"texts_run", inputs.digest},
                     {"orders", options.orders},
                     {"score_columns", options.score_columns},
                     {"published", options.published},
                     {"primary", primary_comparison(options.primary, orders)},
                     {"remove", choice_name(replacements, options.replacement)},
                     {"heads_alone", options.heads_alone},
                     {"dump_logits", options.dump_logits},
                     {"removals_per_shard", options.removals_per_shard},
                     {"limit", options.limit},
                     {"seed", options.run.seed}};
  request.details = {{"orders", described(orders)},
                     {"removal", described(layout)},
                     {"heads", heads},
                     {"layers", config.layers},
                     {"step_size", options.step_size},
                     {"removed", options.heads_alone ? std::vector<int>{}
                                                     : removal_counts(heads, options.step_size)}};
  run(options.run, model, std::move(request), command_line);
}

}  // namespace

Subcommand ablate_subcommand(CLI::App& program) {
  const auto options = std::make_shared<AblateOptions>();
  Flags flags(program, "ablate",
              "Measures how far the next token moves from the intact model's while attention heads "
              "are removed one after another.\n"
              "example: extract ablate --model datasets/models/words --texts run --ranking\n"
              "           report/rankings.csv --orders balance,random:0-19 --out ablation");
  add_run_options(flags, options->run, nullptr);
  flags.add("--texts", options->texts, "run directory of extract phiid")
      .required()
      .existing_directory();
  flags
      .add("--ranking", options->rankings,
           "CSV files with head_idx (or layer and head_in_layer) and score columns")
      .list()
      .existing_file();
  flags.add("--score-column", options->score_columns, "further orders, by column name").list();
  flags
      .add("--orders", options->orders,
           "remove heads by these columns of the rankings (balance, rank-difference, tdmi, "
           "head-norm, autocorrelation, ...), highest first; random:FIRST-LAST: in seeded random "
           "orders; random-in-layer:FIRST-LAST: for each ranking in random orders that take as "
           "many heads from every layer, in the same sequence of layers")
      .list()
      .with_default();
  flags
      .add_switch("--published", options->published,
                  "remove heads in the orders of the published experiment: balance, "
                  "rank-difference, random:0-4; with five random orders no p-value can be below "
                  "1/6 (19 are the least for 0.05)")
      .excludes("--orders");
  flags.add("--primary", options->primary,
            "name the one comparison that the run is to decide: an order (against the random "
            "orders), or NAME:in-layer (a ranking against its random-in-layer orders); all else "
            "is exploratory (default: the first ranking)");
  flags.add_choice("--remove", options->replacement, replacements,
                   "what takes the place of a removed head's hook_z, at every position: zero; its "
                   "mean over all positions of the texts; what it computes at the same position of "
                   "another text (positions after that text's end begin at its start again)");
  flags.add("--step-size", options->step_size, "heads removed per step")
      .between(1, 1000000)
      .with_default();
  flags
      .add("--removals-per-shard", options->removals_per_shard,
           "removals per shard (the most a killed run can lose)")
      .between(1, 1000000)
      .with_default();
  flags.add_switch("--heads-alone", options->heads_alone,
                   "ablate each head on its own instead (baseline for rankings)");
  flags.add_switch("--dump-logits", options->dump_logits,
                   "keep one row per token, and its logits; for small runs");
  flags.add("--limit", options->limit, "use only the first N texts; 0: all").between(0, 1000000);
  return {.app = &flags.command(), .run = &options->run, .go = [options](const std::string& line) {
            ablate(*options, line);
          }};
}

}  // namespace phiscope::extract
