// SPDX-License-Identifier: MIT
#include "patching/command.hpp"

#include "command/donors.hpp"
#include "command/flags.hpp"
#include "command/generated_texts.hpp"
#include "command/prompt_runs.hpp"
#include "command/run.hpp"
#include "patching/group.hpp"
#include "patching/options.hpp"
#include "shard/file/atomic_file.hpp"
#include "shard/file/format_error.hpp"
#include "shard/run_reader.hpp"
#include "shard/text/json_object.hpp"

#include <algorithm>
#include <iostream>
#include <memory>
#include <stdexcept>

namespace phiscope::extract {
namespace {

using nlohmann::ordered_json;

void prepare(const PatchingOptions& options) {
  warn_of_blank_lines(options.prepare);
  const QuestionPairs made = prepare_pairs(options.prepare);
  shard::write_file(options.run.out, pairs_text(made.pairs));
  std::vector<std::string> dropped;
  dropped.reserve(made.dropped.size());
  for (const DroppedPair& pair : made.dropped) dropped.push_back(pair.id);
  std::cerr << "extract patching: " << made.pairs.size() << " pairs, " << dropped.size()
            << " dropped because both answers are the same number\n";
  std::cout << ordered_json{{"pairs", shard::path_text(options.run.out)},
                            {"n", made.pairs.size()},
                            {"n_dropped", dropped.size()},
                            {"dropped", dropped}}
                   .dump()
            << '\n';
}

std::vector<Capture> captures_of(const PatchingOptions& options, const PatchLayout& layout) {
  std::vector<Capture> captures;
  const auto measure = [&](const char* array, Measure what) {
    captures.push_back({.array = array, .hook = Hook::logits, .layers = {}, .measure = what});
  };
  measure("kl", Measure::kl);
  measure("reverse_kl", Measure::reverse_kl);
  measure("prediction_changed", Measure::prediction_changed);
  measure("l2", Measure::l2);
  measure("token_score", Measure::token_score);
  measure("token_log_probability", Measure::token_log_probability);
  if (options.dump_logits) {
    captures.push_back({.array = "logits", .hook = Hook::logits, .layers = {}});
  }
  captures.push_back({.array = "clean_latents",
                      .hook = layout.hook,
                      .layers = layout.layers,
                      .measure = Measure::values,
                      .space = 1});
  return captures;
}

ordered_json described(const PatchSide& tokens, const PairSide& text, std::size_t first_scored) {
  std::vector<int> scored;
  if (!tokens.forced.empty()) {
    scored.assign(tokens.forced.begin() + static_cast<std::ptrdiff_t>(first_scored),
                  tokens.forced.end());
  }
  return {{"answer", number_or_text(text.answer)},
          {"steps", text.steps ? ordered_json(*text.steps) : ordered_json()},
          {"positions", tokens.tokens.size()},
          {"first_site", tokens.first_site},
          {"tokens", scored}};
}

ordered_json described(const TokenPairs& read) {
  ordered_json list = ordered_json::array();
  for (std::size_t p = 0; p < read.pairs.size(); ++p) {
    const PatchPair& pair = read.pairs[p];
    list.push_back(
        {{"pair_id", pair_id(pair.id, read.texts[p].id_is_text)},
         {"sites", pair.sites},
         {"clean", described(pair.clean, read.texts[p].clean, pair.first_scored)},
         {"corrupted", described(pair.corrupted, read.texts[p].corrupted, pair.first_scored)}});
  }
  return list;
}

ordered_json described(const std::vector<DroppedPair>& dropped) {
  ordered_json list = ordered_json::array();
  for (const DroppedPair& pair : dropped) {
    list.push_back({{"pair_id", pair_id(pair.id, pair.id_is_text)}, {"status", pair.status}});
  }
  return list;
}

void warn(const PatchingOptions& options, const TokenPairs& read) {
  if (options.published) {
    std::cerr << "warning: --published: no continuous thought is computed: the five pads of one "
                 "pass stand in for it, the question has no BOS, and the read-out at the end of "
                 "the thoughts predicts how an answer begins, not the number\n";
  }
  if (read.dropped.empty()) return;
  std::cerr << "warning: " << read.dropped.size() << " pairs dropped:";
  for (const DroppedPair& pair : read.dropped) {
    std::cerr << ' ' << pair.id << " (" << pair.status << ')';
  }
  std::cerr << '\n';
}

PairReading reading_of(const PatchingOptions& options, const PatchLayout& layout,
                       const ModelConfig& config) {
  PairReading how{
      .published = options.published,
      .answers = layout.answers,
      .align = options.align,
      .span = options.span,
      .answer_prefix = options.answer_prefix,
      .latents = layout.latents,
      .generated = layout.free ? answer_tokens(options.max_new_tokens, config) : layout.greedy,
      .skip_bad = options.skip_bad};
  if (how.answer_prefix.empty() && config.latent) {
    how.answer_prefix = config.latent->answer_prefix;
  }
  return how;
}

Generation generation_of(const PatchingOptions& options, const PatchLayout& layout,
                         const ModelConfig& config) {
  Generation generation;
  generation.tokens = layout.free ? answer_tokens(options.max_new_tokens, config) : layout.greedy;
  set_ends(options.run.model, config, /*ignore_eos=*/false, generation);
  return generation;
}

/// @throws shard::FormatError where a pair of the donors' run has its sites elsewhere
void check_sites(const std::filesystem::path& folder, const TokenPairs& read) {
  const shard::Run run = shard::Run::open(folder);
  const std::filesystem::path file = folder / "plan.json";
  const std::vector<shard::JsonObject> entries =
      shard::JsonObject(run.plan().details, "", file).objects("pairs");
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const ordered_json& id = entries[i].member("pair_id");
    const std::string name = id.is_string() ? id.get<std::string>() : id.dump();
    const auto pair = std::ranges::find(read.pairs, name, &PatchPair::id);
    if (pair == read.pairs.end()) continue;
    const shard::JsonObject clean(entries[i].member("clean"),
                                  "pairs[" + std::to_string(i) + "].clean", file);
    if (!clean.has("first_site")) {
      throw shard::FormatError(
          file, "pair " + name + " has no first_site, expected a run of this version of extract");
    }
    const std::uint64_t first = clean.count("first_site");
    if (first == static_cast<std::uint64_t>(pair->clean.first_site)) continue;
    throw shard::FormatError(folder, "pair " + name + " has its sites from position " +
                                         std::to_string(first) + " on, expected " +
                                         std::to_string(pair->clean.first_site) +
                                         " (the same --span or --align)");
  }
}

/// Fills Plan::donors and PatchLayout::donor_row from the clean values of --donors, where the donor
/// is mean, resample or noise. @return  the digest of that run; "" where nothing is needed
std::string add_donors(const PatchingOptions& options, const TokenPairs& read,
                       const CheckedModel& model, PatchLayout& layout, Plan& plan) {
  using Kind = DonorRequest::Kind;
  if (layout.donor == PatchDonor::clean || layout.donor == PatchDonor::zero) {
    if (options.donors.empty()) return "";
    throw std::runtime_error("--donors: found a run for --donor " + options.donor +
                             ", expected one of mean, resample, noise:S");
  }
  if (options.donors.empty()) {
    throw std::runtime_error(
        "--donors: found nothing, expected a run directory of extract patching, whose clean values "
        "--donor " +
        options.donor + " needs");
  }
  DonorRequest request{.kind = layout.donor == PatchDonor::mean       ? Kind::mean
                               : layout.donor == PatchDonor::resample ? Kind::resample
                                                                      : Kind::noise,
                       .folder = options.donors,
                       .experiment = "patching",
                       .noun = "pair",
                       .each_is_there = true,
                       .of = {},
                       .hook = options.hook,
                       .place = layout.hook,
                       .layers = layout.layers,
                       .seed = options.run.seed};
  request.of.reserve(read.pairs.size());
  for (const PatchPair& pair : read.pairs) request.of.push_back({pair.id, pair.sites});
  Donors donors = take_donors(request, model);
  check_sites(options.donors, read);
  plan.donors.push_back(std::move(donors.table));
  layout.donor_row = std::move(donors.rows);
  return donors.digest;
}

void patching(const PatchingOptions& options, const std::string& command_line) {
  if (!options.prepare.empty()) {
    prepare(options);
    return;
  }
  if (options.pairs.empty()) {
    throw std::runtime_error("--pairs: found nothing, expected a pairs file (or --prepare RAW)");
  }
  const CheckedModel model = check_run(options.run);
  const ModelConfig& config = model.config;
  PatchLayout layout = layout_of(options, config);
  warn_of_blank_lines(options.pairs);
  QuestionPairs pairs = read_pairs(options.pairs, options.skip_bad);
  if (options.limit > 0 && pairs.pairs.size() > options.limit) pairs.pairs.resize(options.limit);
  const TokenPairs read = tokenise_pairs(options.pairs, pairs, options.run.model, config,
                                         reading_of(options, layout, config));
  warn(options, read);
  layout.after = read.after;
  layout.readouts = readout_names(read.pairs, layout);

  RunRequest request{.experiment = "patching",
                     .plan = {},
                     .row_formula = "",
                     .row_space = "site",
                     .row_key = {"pair", "mode", "set", "layer", "step", "readout"},
                     .prompts_jsonl = read.prompts_jsonl,
                     .options = {},
                     .details = {}};
  if (layout.heads > 0) request.row_key.insert(request.row_key.begin() + 4, "head");
  Plan& plan = request.plan;
  plan.captures = captures_of(options, layout);
  plan.further_spaces = {{.name = "latent", .key = {"pair", "step"}}};
  plan.generation = generation_of(options, layout, config);
  const std::string donors = add_donors(options, read, model, layout, plan);
  add_patching(read.pairs, layout, plan);
  plan.groups_per_shard = options.pairs_per_shard;

  std::vector<std::string> modes;
  for (const PatchMode mode : layout.modes) modes.push_back(choice_name(patch_modes, mode));
  int positions = 0;
  for (const PatchPair& pair : read.pairs) positions = std::max(positions, pair.sites);
  request.options = {{"mode", modes},
                     {"published", options.published},
                     {"sets", options.sets},
                     {"donor", options.donor},
                     {"donors", donors},
                     {"hook", options.hook},
                     {"layers", options.run.layers},
                     {"latents", layout.latents},
                     {"readouts", options.readouts},
                     {"greedy", layout.free},
                     {"max_new_tokens", answer_tokens(options.max_new_tokens, config)},
                     {"align", choice_name(alignments, options.align)},
                     {"span", options.span},
                     {"limit", options.limit},
                     {"primary", primary_claim(options, layout)},
                     {"seed", options.run.seed}};
  request.details = {{"pairs", described(read)},
                     {"dropped", described(read.dropped)},
                     {"modes", modes},
                     {"sets", options.sets},
                     {"positions", positions},
                     {"layers", layout.layers},
                     {"model_layers", config.layers},
                     {"hook", options.hook},
                     {"heads", layout.heads},
                     {"readouts", layout.readouts}};
  run(options.run, model, std::move(request), command_line);
  if (!options.run.dry_run && layout.free) write_generated_texts(options.run, *model.files);
}

}  // namespace

Subcommand patching_subcommand(CLI::App& program) {
  const auto options = std::make_shared<PatchingOptions>();
  Flags flags(program, "patching",
              "Replaces activations of a corrupted question's run by those of the clean one's and "
              "measures how far the answer moves back, for every layer and step.\n"
              "example: extract patching --model datasets/models/week\n"
              "           --pairs datasets/week/pairs.json --out run\n"
              "example: extract patching --prepare raw.json --out pairs.json");
  add_run_options(flags, options->run, "layers that are patched: all, or a list like 0-3,7");
  flags.relax("--model");
  flags.add("--pairs", options->pairs,
            "pairs of questions: a JSON list, or JSON lines, of {pair_id, clean, corrupted}");
  flags.add("--prepare", options->prepare,
            "join the variants of a raw file to pairs, drop those with equal answers, write them "
            "to --out, and exit");
  flags
      .add("--mode", options->modes,
           "thoughts after a patched one: rerun (made of the patched states), frozen (what entered "
           "the corrupted run), or both")
      .list()
      .with_default();
  flags.add_switch("--published", options->published,
                   "as in the published experiment: pads of one pass instead of thoughts, no BOS, "
                   "read out at the end of the thoughts alone");
  flags
      .add("--sets", options->sets,
           "steps of a layer that are patched at once: single, layer (all), first:N, last:N, "
           "prefix, suffix")
      .list()
      .with_default();
  flags
      .add("--donor", options->donor,
           "values to patch in: clean, zero, mean (of the other pairs), resample (another pair's), "
           "noise:S (own value plus S standard deviations); the last three need --donors")
      .with_default();
  flags
      .add("--donors", options->donors,
           "run directory of extract patching whose clean_latents are the values")
      .existing_directory();
  flags
      .add("--hook", options->hook,
           "hook to patch; one with heads (hook_z, hook_q, hook_k, hook_v): each head alone")
      .with_default();
  flags.add("--latents", options->latents, "number of thoughts; 0: the model's own")
      .between(0, 1024);
  flags
      .add("--readouts", options->readouts,
           "positions where outputs are compared: eot (the end of the thoughts), answer (each "
           "token of both answers, given), greedy:N (after N greedy tokens of the corrupted run)")
      .list()
      .with_default();
  flags.add_switch("--no-greedy", options->no_greedy, "generate no free answers");
  flags
      .add("--max-new-tokens", options->max_new_tokens,
           "tokens of a free answer, at most; 0: 256, or a quarter of a shorter context")
      .between(0, 100000);
  flags.add_switch("--dump-logits", options->dump_logits,
                   "keep the logits of every read-out; for small runs");
  flags.add_switch("--skip-bad-pairs", options->skip_bad,
                   "leave out pairs without a half, a number or the span, or too long, and count "
                   "them");
  flags.add_choice("--align", options->align, alignments,
                   "without thoughts: which positions belong together; start: equal ones, of "
                   "questions with as many tokens; end: counted from the end");
  flags.add("--span", options->span,
            "without thoughts: patch only the tokens of this span, which the pairs file gives for "
            "each half: \"spans\": {NAME: [begin, end]}, characters of question or positions of "
            "input_ids");
  flags.add("--answer-prefix", options->answer_prefix,
            "text before an answer that is given (default: the model's own)");
  flags.add("--limit", options->limit, "use only the first N pairs; 0: all").between(0, 1000000);
  flags.add("--pairs-per-shard", options->pairs_per_shard, "pairs per shard")
      .between(1, 1000000)
      .with_default();
  flags.add(
      "--primary", options->primary,
      "name the one claim that the run is to decide: recovery, answer_diff or "
      "answer_logit_diff, or one of a set (recovery:prefix); all else is exploratory (default: "
      "recovery; without given answers answer_logit_diff)");
  return {.app = &flags.command(), .run = &options->run, .go = [options](const std::string& line) {
            patching(*options, line);
          }};
}

}  // namespace phiscope::extract
