// SPDX-License-Identifier: MIT
#include "command/interventions.hpp"

#include "command/donor_run.hpp"
#include "command/hook_choice.hpp"
#include "files/json_fields.hpp"
#include "files/model/embedded_ids.hpp"
#include "plan/counter_random.hpp"
#include "shard/file/format_error.hpp"
#include "shard/text/json_file.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <set>

namespace phiscope::extract {
namespace {

using nlohmann::json;
using shard::FormatError;

/// One entry of the file, for one prompt after another.
class Entry {
 public:
  Entry(const json& value, const std::filesystem::path& file, std::size_t number,
        const ModelConfig& config)
      : fields_(value, file, "entry " + std::to_string(number)), config_(config) {
    static const std::map<std::string, std::set<std::string>> known{
        {"zero_head", {"layer", "head", "positions"}},
        {"zero_positions", {"layer", "positions", "hook", "head"}},
        {"patch", {"layer", "positions", "hook", "head", "source"}},
        {"add", {"layer", "positions", "hook", "head", "source", "scale"}},
        {"mean", {"layer", "positions", "hook", "head", "source"}},
        {"resample", {"layer", "positions", "hook", "head"}},
        {"force_token", {"step", "token"}},
        {"force_rank", {"step", "rank"}},
        {"force_prefix", {"tokens"}}};
    action_ = fields_.text("action");
    const auto found = known.find(action_);
    if (found == known.end()) {
      std::string names;
      for (const auto& [name, keys] : known) names += " " + name;
      fields_.refuse("action", "one of" + names);
    }
    for (const auto& [key, unused] : value.items()) {
      if (key == "prompt" || key == "action" || found->second.contains(key)) continue;
      if (key == "latents" && found->second.contains("positions")) continue;
      fields_.refuse(key, "no such field of " + action_);
    }
  }

  [[nodiscard]] bool concerns(const std::string& id) const {
    const std::string prompt = prompt_id(fields_, "prompt");
    return prompt == "*" || prompt == id;
  }
  [[nodiscard]] const std::string& action() const { return action_; }
  [[nodiscard]] const JsonFields& fields() const { return fields_; }

  [[nodiscard]] static std::string prompt_id(const JsonFields& fields, std::string_view key) {
    const json& id = fields.at(key, "the id of a prompt");
    if (id.is_string()) return id.get<std::string>();
    if (id.is_number_integer()) return id.dump();
    fields.refuse(key, "the id of a prompt");
  }

  /// @param length  positions of the run
  [[nodiscard]] Site site(const TokenPrompt& prompt, std::int64_t length) const {
    Site site;
    const std::string name =
        action_ == "zero_head" ? "hook_z" : fields_.text_or("hook", "hook_resid_post");
    const std::optional<Hook> called = hook_called(name);
    if (!called || !is_editable(*called, config_)) {
      fields_.refuse("hook", "a hook that later parts of this model read");
    }
    site.hook = *called;
    const std::int64_t first = site.hook == Hook::resid_post ? -1 : 0;
    if (hook_name(site.hook).in_block) {
      site.layer =
          static_cast<int>(fields_.integer("layer", {.least = first, .most = config_.layers - 1}));
    } else if (fields_.has("layer")) {
      fields_.refuse("layer", "no layer for " + name);
    }
    if (action_ == "zero_head" || fields_.has("head")) {
      const RowShape shape = hook_name(site.hook).shape;
      const bool shared = shape == RowShape::kv_head_unit;
      if (!shared && shape != RowShape::head_unit) fields_.refuse("head", "no head for " + name);
      const std::int64_t heads = shared ? config_.kv_heads : config_.heads;
      site.head = static_cast<int>(fields_.integer("head", {.least = 0, .most = heads - 1}));
    }
    const bool given = fields_.has("positions") || fields_.has("latents");
    if (action_ != "zero_head" || given) site.positions = positions(fields_, prompt, length);
    return site;
  }

  /// Of `positions`, negative ones counted from the end of the prompt's tokens, or of `latents`.
  static std::vector<int> positions(const JsonFields& fields, const TokenPrompt& prompt,
                                    std::int64_t length) {
    const std::int64_t tokens = std::ssize(prompt.tokens);
    if (fields.has("latents")) return latents(fields, prompt);
    const std::string expected = "a list of positions in [-" + std::to_string(tokens) + ", " +
                                 std::to_string(length) + "), each once";
    std::vector<int> all;
    for (const json& entry : fields.array("positions")) {
      if (!entry.is_number_integer()) fields.refuse("positions", expected);
      const double number = entry.get<double>();  // far out of range without a wrap
      if (number < static_cast<double>(-tokens) || number >= static_cast<double>(length)) {
        fields.refuse("positions", expected);
      }
      const auto position = entry.get<std::int64_t>();
      all.push_back(static_cast<int>(position < 0 ? position + tokens : position));
    }
    const std::set<int> once(all.begin(), all.end());
    if (all.empty() || once.size() != all.size()) fields.refuse("positions", expected);
    return all;
  }

  static std::vector<int> latents(const JsonFields& fields, const TokenPrompt& prompt) {
    if (fields.has("positions")) fields.refuse("latents", "either latents or positions");
    if (prompt.latents == 0) fields.refuse("latents", "positions: the model has no thoughts");
    const std::string expected =
        "a list of thoughts in [0, " + std::to_string(prompt.latents) + "), each once";
    std::vector<int> all;
    for (const json& entry : fields.array("latents")) {
      const bool fits = entry.is_number_unsigned() &&
                        entry.get<std::uint64_t>() < static_cast<std::uint64_t>(prompt.latents);
      if (!fits) fields.refuse("latents", expected);
      all.push_back(static_cast<int>(prompt.tokens.size()) + entry.get<int>());
    }
    const std::set<int> once(all.begin(), all.end());
    if (all.empty() || once.size() != all.size()) fields.refuse("latents", expected);
    return all;
  }

 private:
  JsonFields fields_;
  const ModelConfig& config_;
  std::string action_;
};

/// Builds the group of one prompt.
class GroupBuilder {
 public:
  GroupBuilder(std::span<const TokenPrompt> prompts, std::size_t prompt, const ModelConfig& config,
               int generated, std::uint64_t seed, DonorRun* donors,
               const std::filesystem::path& model)
      : prompts_(prompts),
        prompt_(prompt),
        config_(config),
        generated_(generated),
        seed_(seed),
        stored_(donors),
        embedded_(model, config.vocab) {}

  void add(const Entry& entry) {
    const JsonFields& fields = entry.fields();
    if (entry.action() == "force_token") {
      actions_.emplace_back(
          Force{.step = step(fields), .token = token(fields, fields.at("token", "a token id"))});
      return;
    }
    if (entry.action() == "force_rank") {
      const IntegerRange range{.least = 1, .most = config_.vocab};
      actions_.emplace_back(Force{.step = step(fields),
                                  .token = 0,
                                  .rank = static_cast<int>(fields.integer("rank", range))});
      return;
    }
    if (entry.action() == "force_prefix") {
      int at = 0;
      const json& tokens = fields.array("tokens");
      if (tokens.empty() || std::ssize(tokens) > generated_) {
        fields.refuse("tokens", "1 to " + std::to_string(generated_) + " tokens (--generate)");
      }
      for (const json& id : tokens) {
        actions_.emplace_back(Force{.step = at++, .token = token(fields, id)});
      }
      return;
    }
    const TokenPrompt& prompt = prompts_[prompt_];
    const Site site = entry.site(prompt, given_positions(run_of(prompt)) + generated_);
    if (entry.action() == "patch") {
      actions_.emplace_back(
          Patch{.site = site, .from = source(fields.object("source"), site, true)});
    } else if (entry.action() == "add") {
      actions_.emplace_back(Add{.site = site,
                                .from = source(fields.object("source"), site, true),
                                .scale = scale(fields)});
    } else if (entry.action() == "mean") {
      actions_.emplace_back(Mean{.site = site, .from = sources(fields, site)});
    } else if (entry.action() == "resample") {
      actions_.emplace_back(Patch{.site = site, .from = resampled(fields, site)});
    } else {
      actions_.emplace_back(Zero{.site = site});
    }
  }

  [[nodiscard]] Group group() const {
    Group group;
    for (const std::size_t donor : donors_) {
      group.runs.push_back(run_of(prompts_[donor]));
      group.runs.back().donor = true;
    }
    group.runs.push_back(run_of(prompts_[prompt_]));
    group.runs.back().actions = actions_;
    return group;
  }
  [[nodiscard]] std::size_t count() const { return actions_.size(); }

 private:
  [[nodiscard]] static double scale(const JsonFields& fields) {
    constexpr std::string_view expected = "a finite number";
    const json& value = fields.at("scale", expected);
    if (!value.is_number() || !std::isfinite(value.get<double>())) fields.refuse("scale", expected);
    return value.get<double>();
  }

  [[nodiscard]] int step(const JsonFields& fields) const {
    if (generated_ == 0) fields.refuse("action", "--generate N for tokens to be forced");
    return static_cast<int>(fields.integer("step", {.least = 0, .most = generated_ - 1}));
  }

  [[nodiscard]] int token(const JsonFields& fields, const json& id) const {
    const std::string key = fields.has("token") ? "token" : "tokens";
    const std::string range = "token ids in [0, " + std::to_string(config_.vocab) + ")";
    if (!id.is_number_integer() || id.get<std::int64_t>() < 0) fields.refuse(key, range);
    const auto number = id.get<std::int64_t>();
    if (embedded_.has(number)) return static_cast<int>(number);
    throw FormatError(fields.file(), fields.name_of(key) + " is " + embedded_.named(number) +
                                         " for prompt " + prompts_[prompt_].id + ", expected " +
                                         range + ", the rows of the model's embedding");
  }

  std::size_t donor_run(std::size_t prompt) {
    const auto found = std::ranges::find(donors_, prompt);
    if (found != donors_.end()) return static_cast<std::size_t>(found - donors_.begin());
    donors_.push_back(prompt);
    return donors_.size() - 1;
  }

  /// @param one_to_one  each position of the site takes one; else the source may have any number
  Source source(const JsonFields& fields, const Site& site, bool one_to_one) {
    if (fields.has("donor")) return stored(fields, site, one_to_one);
    const std::string id = Entry::prompt_id(fields, "prompt");
    const auto found = std::ranges::find(prompts_, id, &TokenPrompt::id);
    if (found == prompts_.end()) fields.refuse("prompt", "the id of a prompt of this run");
    const std::int64_t length = given_positions(run_of(*found));
    std::vector<int> positions;
    if (fields.has("positions") || fields.has("latents")) {
      positions = Entry::positions(fields, *found, length);
    } else if (one_to_one) {
      positions = site.positions;
    } else {
      for (int p = 0; p < length; ++p) positions.push_back(p);
    }
    if (one_to_one) expect_one_to_one(fields, positions, site);
    if (std::ranges::any_of(positions, [&](int p) { return p >= length; })) {
      fields.refuse("prompt",
                    "a prompt that has all these positions, or 'positions' of the source");
    }
    return {.run = donor_run(static_cast<std::size_t>(found - prompts_.begin())),
            .positions = positions};
  }

  static void expect_one_to_one(const JsonFields& fields, const std::vector<int>& positions,
                                const Site& site) {
    if (positions.size() == site.positions.size()) return;
    fields.refuse("positions",
                  std::to_string(site.positions.size()) + ", one for each position patched");
  }

  /// A source in another run.
  Source stored(const JsonFields& fields, const Site& site, bool one_to_one) {
    if (fields.has("prompt")) fields.refuse("donor", "either prompt or donor");
    const std::string id = Entry::prompt_id(fields, "donor");
    if (stored_ == nullptr) fields.refuse("donor", "--donors RUN for a prompt of another run");
    const TokenPrompt* const prompt = stored_->find(id);
    if (prompt == nullptr) fields.refuse("donor", "the id of a prompt of --donors");
    if (!stored_->has(site.hook, site.layer)) {
      const HookName& hook = hook_name(site.hook);
      fields.refuse("donor", "a run with --capture " + std::string(hook.name) +
                                 (hook.in_block ? " of layer " + std::to_string(site.layer) : ""));
    }
    const std::vector<int> there = stored_->positions(*prompt);
    std::vector<int> positions = one_to_one ? site.positions : there;
    const bool given = fields.has("positions") || fields.has("latents");
    if (given) {
      const std::int64_t length = there.empty() ? 0 : there.back() + 1;
      positions = Entry::positions(fields, *prompt, length);
    }
    if (one_to_one) expect_one_to_one(fields, positions, site);
    Source source{.run = donor_rows, .positions = {}};
    source.positions.reserve(positions.size());
    for (const int position : positions) {
      if (!std::ranges::binary_search(there, position)) {
        fields.refuse(
            given ? "positions" : "donor",
            "positions that the run stores; it does not have " + std::to_string(position));
      }
      source.positions.push_back(stored_->row(site.hook, site.layer, *prompt, position));
    }
    return source;
  }

  std::vector<Source> sources(const JsonFields& fields, const Site& site) {
    const json& value = fields.at("source", "an object {prompt, positions} or a list of them");
    if (!value.is_array()) return {source(fields.object("source"), site, false)};
    std::vector<Source> all;
    for (const json& one : value) {
      all.push_back(source(JsonFields(one, fields.file(), fields.name_of("source")), site, false));
    }
    if (all.empty()) fields.refuse("source", "at least one source");
    return all;
  }

  Source resampled(const JsonFields& fields, const Site& site) {
    const int last = *std::ranges::max_element(site.positions);
    std::vector<std::size_t> fit;
    for (std::size_t p = 0; p < prompts_.size(); ++p) {
      if (p != prompt_ && given_positions(run_of(prompts_[p])) > last) fit.push_back(p);
    }
    if (fit.empty()) fields.refuse("action", "another prompt that has all these positions");
    const double u = uniform_at(seed_, {.prompt = prompt_, .sample = 0, .step = 0});
    const auto drawn = static_cast<std::size_t>(u * static_cast<double>(fit.size()));
    return {.run = donor_run(fit[std::min(drawn, fit.size() - 1)]), .positions = site.positions};
  }

  std::span<const TokenPrompt> prompts_;
  std::size_t prompt_;
  const ModelConfig& config_;
  int generated_;
  std::uint64_t seed_;
  DonorRun* stored_;  ///< null: none
  EmbeddedIds embedded_;
  std::vector<std::size_t> donors_;  ///< prompts, by their run in the group
  std::vector<Action> actions_;
};

}  // namespace

Run run_of(const TokenPrompt& prompt) {
  Run run{.tokens = prompt.tokens, .rows = {}};
  run.latents.count = prompt.latents;
  run.after = prompt.after;
  return run;
}

Interventions read_interventions(const std::filesystem::path& file,
                                 std::span<const TokenPrompt> prompts, const ModelConfig& config,
                                 int generated, std::uint64_t seed, DonorRun* donors,
                                 const std::filesystem::path& model) {
  const json root = shard::read_json(file);
  if (!root.is_array()) {
    throw FormatError(file, "the top of the JSON is " + shown(root) + ", expected a list");
  }
  std::vector<Entry> entries;
  for (std::size_t i = 0; i < root.size(); ++i) {
    entries.emplace_back(root[i], file, i, config);
    const bool somewhere = std::ranges::any_of(
        prompts, [&](const TokenPrompt& prompt) { return entries.back().concerns(prompt.id); });
    if (!somewhere)
      entries.back().fields().refuse("prompt", "the id of a prompt of this run, or *");
  }
  Interventions made;
  for (std::size_t p = 0; p < prompts.size(); ++p) {
    GroupBuilder builder(prompts, p, config, generated, seed, donors, model);
    for (const Entry& entry : entries) {
      if (entry.concerns(prompts[p].id)) builder.add(entry);
    }
    made.groups.push_back(builder.group());
    made.counts.push_back(builder.count());
  }
  return made;
}

}  // namespace phiscope::extract
