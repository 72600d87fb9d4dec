// SPDX-License-Identifier: MIT
#include "command/donor_run.hpp"

#include "files/json_fields.hpp"
#include "shard/file/format_error.hpp"
#include "shard/file/sha256.hpp"
#include "shard/text/json_object.hpp"

#include <algorithm>
#include <stdexcept>

namespace phiscope::extract {
namespace {

using shard::FormatError;

constexpr std::string_view token_space = "token";

/// Of a line of prompts.jsonl.
TokenPrompt prompt_of(const nlohmann::json& line, const std::filesystem::path& file,
                      std::size_t number) {
  const JsonFields fields(line, file, "line " + std::to_string(number + 1));
  TokenPrompt prompt{.id = fields.text("id"), .tokens = {}};
  const nlohmann::json& ids = fields.array("input_ids");
  prompt.tokens.reserve(ids.size());
  for (const nlohmann::json& id : ids) {
    if (!id.is_number_unsigned()) fields.refuse("input_ids", "a list of token ids");
    prompt.tokens.push_back(id.get<int>());
  }
  prompt.latents = static_cast<int>(fields.integer_or("latents", 0, {.least = 0}));
  return prompt;
}

}  // namespace

DonorRun::DonorRun(const std::filesystem::path& folder, const nlohmann::ordered_json& model)
    : run_(shard::Run::open(folder)) {
  const shard::RunPlan& plan = run_.plan();
  if (plan.experiment != "activations") {
    throw FormatError(
        folder, "a run of extract " + plan.experiment + ", expected one of extract activations");
  }
  const std::filesystem::path file = folder / "plan.json";
  const shard::JsonObject details(plan.details, "", file);
  const shard::JsonObject its_model(details.member("model"), "model", file);
  if (its_model.member("digests") != model.at("digests")) {
    throw FormatError(folder, "the model's files have other digests, expected a run of this model");
  }
  const std::vector<std::string> key{"prompt", "position"};
  const auto space = std::ranges::find(plan.row_spaces, token_space, &shard::RowSpace::name);
  if (space == plan.row_spaces.end() || space->key != key) {
    throw FormatError(folder,
                      "no rows (prompt, position), expected a run with --positions all or "
                      "last and without --samples");
  }
  read_prompts();
  index_rows();
}

void DonorRun::read_prompts() {
  prompts_.reserve(run_.prompts().size());
  for (const nlohmann::json& line : run_.prompts()) {
    prompts_.push_back(prompt_of(line, run_.path() / "prompts.jsonl", prompts_.size()));
  }
}

void DonorRun::index_rows() {
  places_.resize(prompts_.size());
  for (const std::int64_t k : run_.shards()) {
    const shard::NpyFile file = run_.keys(token_space, k);
    const std::vector<std::int64_t> keys = file.read<std::int64_t>();
    for (std::size_t row = 0; row < keys.size() / 2; ++row) {
      const std::int64_t prompt = keys[2 * row];
      if (prompt < 0 || prompt >= std::ssize(prompts_)) {
        throw FormatError(file.path(), "row " + std::to_string(row) + " is of prompt " +
                                           std::to_string(prompt) + ", expected one of " +
                                           std::to_string(prompts_.size()));
      }
      places_[static_cast<std::size_t>(prompt)][static_cast<int>(keys[2 * row + 1])] = {k, row};
    }
  }
}

const TokenPrompt* DonorRun::find(const std::string& id) const {
  const auto found = std::ranges::find(prompts_, id, &TokenPrompt::id);
  return found == prompts_.end() ? nullptr : &*found;
}

std::size_t DonorRun::number_of(const TokenPrompt& prompt) const {
  return static_cast<std::size_t>(&prompt - prompts_.data());
}

std::vector<int> DonorRun::positions(const TokenPrompt& prompt) const {
  const std::map<int, Place>& places = places_.at(number_of(prompt));
  std::vector<int> all;
  all.reserve(places.size());
  for (const auto& [position, place] : places) all.push_back(position);
  return all;
}

const shard::ArrayPlan* DonorRun::array_of(Hook hook) const {
  const auto& arrays = run_.plan().arrays;
  const auto found = std::ranges::find_if(arrays, [&](const shard::ArrayPlan& array) {
    return array.name == hook_name(hook).name && array.row_space == token_space;
  });
  return found == arrays.end() ? nullptr : &*found;
}

std::optional<std::size_t> DonorRun::layer_index(const shard::ArrayPlan& array, Hook hook,
                                                 int layer) {
  if (!hook_name(hook).in_block) return 0;
  const auto found = std::ranges::find(array.layers, layer);
  if (found == array.layers.end()) return std::nullopt;
  return static_cast<std::size_t>(found - array.layers.begin());
}

bool DonorRun::has(Hook hook, int layer) const {
  const shard::ArrayPlan* const array = array_of(hook);
  return array != nullptr && layer_index(*array, hook, layer).has_value();
}

void DonorRun::check_heads(const shard::ArrayPlan& array) const {
  const nlohmann::ordered_json& details = run_.plan().details;
  const nlohmann::ordered_json options = details.value("options", nlohmann::ordered_json::object());
  if (!options.contains("heads") || std::ranges::count(array.axes, "head") == 0) return;
  throw FormatError(run_.path(), "stores some heads of " + array.name + " alone (--heads " +
                                     options.at("heads").get<std::string>() +
                                     "), expected all heads");
}

int DonorRun::row(Hook hook, int layer, const TokenPrompt& prompt, int position) {
  const Place& place = places_.at(number_of(prompt)).at(position);
  const shard::ArrayPlan* const array = array_of(hook);
  if (array == nullptr) throw std::invalid_argument("DonorRun: a hook that is not stored");
  const std::size_t index = layer_index(*array, hook, layer).value();
  check_heads(*array);
  Table& table = tables_[{hook, layer}];
  const auto known = table.rows.find(&place);
  if (known != table.rows.end()) return known->second;
  if (table.rows.empty()) {
    const auto axes = array->row_shape.begin() + (hook_name(hook).in_block ? 1 : 0);
    table.values = {
        .hook = hook, .layers = {layer}, .shape = {axes, array->row_shape.end()}, .values = {}};
  }
  const auto file =
      open_.try_emplace({array->name, place.shard}, run_, array->name, place.shard).first;
  const std::vector<double> all = file->second.row(place.row);
  const std::size_t size =
      all.size() / (hook_name(hook).in_block ? array->layers.size() : std::size_t{1});
  const auto from = all.begin() + static_cast<std::ptrdiff_t>(index * size);
  table.values.values.insert(table.values.values.end(), from,
                             from + static_cast<std::ptrdiff_t>(size));
  const int number = static_cast<int>(table.rows.size());
  table.rows.emplace(&place, number);
  return number;
}

std::vector<DonorTable> DonorRun::tables() const {
  std::vector<DonorTable> all;
  all.reserve(tables_.size());
  for (const auto& [place, table] : tables_) all.push_back(table.values);
  return all;
}

std::string DonorRun::digest() const {
  return shard::sha256_file(run_.path() / "manifest.json");
}

}  // namespace phiscope::extract
