// SPDX-License-Identifier: MIT
#include "phiid/analysis/input.hpp"

#include "shard/file/format_error.hpp"
#include "shard/run_reader.hpp"

#include <algorithm>
#include <limits>
#include <set>

namespace phiscope::analyze::phiid {
namespace {

using shard::FormatError;

const shard::ArrayPlan* find_array(const shard::RunPlan& plan, const std::string& name) {
  const auto found = std::find_if(plan.arrays.begin(), plan.arrays.end(),
                                  [&name](const auto& array) { return array.name == name; });
  return found == plan.arrays.end() ? nullptr : &*found;
}

/// The array of head norms, which must be as `extract phiid` writes it.
const shard::ArrayPlan& norm_array(const shard::Run& run) {
  const auto plan_file = run.path() / "plan.json";
  // "activations" is what the Python package names a run of its own.
  if (const std::string& name = run.plan().experiment; name != "phiid" && name != "activations") {
    throw FormatError(plan_file, "experiment is '" + name + "', expected 'phiid' or 'activations'");
  }
  const shard::ArrayPlan* array = find_array(run.plan(), "head_norm");
  if (array == nullptr) {
    throw FormatError(plan_file, "no array head_norm, expected a run of extract phiid");
  }
  if (array->axes != std::vector<std::string>{"row", "layer", "head"} || !array->encoding.empty()) {
    throw FormatError(plan_file, "head_norm: expected axes row, layer, head without encoding");
  }
  const auto& spaces = run.plan().row_spaces;
  const auto space = std::find_if(spaces.begin(), spaces.end(), [array](const auto& candidate) {
    return candidate.name == array->row_space;
  });
  if (space == spaces.end() || space->key != std::vector<std::string>{"prompt", "step"}) {
    throw FormatError(plan_file, "head_norm: its rows are those of '" + array->row_space +
                                     "', expected the generated steps (prompt, step)");
  }
  return *array;
}

std::string text_member(const nlohmann::json& line, const char* name) {
  const auto found = line.find(name);
  return found != line.end() && found->is_string() ? found->get<std::string>() : "";
}

Prompt empty_prompt(const nlohmann::json& line, std::size_t index) {
  Prompt prompt;
  const auto id = line.find("id");
  if (id != line.end()) prompt.id = id->is_string() ? id->get<std::string>() : id->dump();
  if (prompt.id.empty()) prompt.id = std::to_string(index);
  const auto meta = line.find("meta");
  if (meta != line.end() && meta->is_object()) prompt.category = text_member(*meta, "category");
  return prompt;
}

/// Appends the rows of a shard to their prompts.
void read_shard(const shard::Run& run, std::int64_t shard, const shard::ArrayPlan& norms,
                std::vector<Prompt>& prompts) {
  const shard::NpyFile keys = run.keys(norms.row_space, shard);
  const auto key = keys.view<std::int64_t>();
  const std::vector<double> values = run.array("head_norm", shard).read<double>();
  const shard::ArrayPlan* ids = find_array(run.plan(), "generated_ids");
  std::vector<std::int64_t> tokens;
  if (ids != nullptr && ids->row_space == norms.row_space && ids->row_shape.empty()) {
    tokens = run.array("generated_ids", shard).read<std::int64_t>();
  }
  const std::size_t rows = key.size() / 2;
  const std::size_t width = rows == 0 ? 0 : values.size() / rows;
  for (std::size_t row = 0; row < rows; ++row) {
    const std::int64_t which = key[2 * row];
    const std::int64_t step = key[2 * row + 1];
    const auto fail = [&](const std::string& expected) {
      throw FormatError(keys.path(), "row " + std::to_string(row) + ": prompt " +
                                         std::to_string(which) + ", step " + std::to_string(step) +
                                         ", expected " + expected);
    };
    if (which < 0 || static_cast<std::size_t>(which) >= prompts.size()) {
      fail("a prompt below " + std::to_string(prompts.size()) + ", the lines of prompts.jsonl");
    }
    Prompt& prompt = prompts[static_cast<std::size_t>(which)];
    if (step != static_cast<std::int64_t>(prompt.steps)) {
      fail("step " + std::to_string(prompt.steps));
    }
    ++prompt.steps;
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(row * width);
    prompt.values.insert(prompt.values.end(), first, first + static_cast<std::ptrdiff_t>(width));
    if (!tokens.empty()) prompt.tokens.push_back(tokens[row]);
  }
}

/// A member of the plan's options; nothing where it is absent.
std::optional<nlohmann::json> option_of(const shard::Run& run, const char* name) {
  const auto& details = run.plan().details;
  if (!details.contains("options") || !details.at("options").is_object()) return std::nullopt;
  const auto& options = details.at("options");
  if (!options.contains(name)) return std::nullopt;
  return nlohmann::json(options.at(name));
}

/// options.end_tokens of the plan: a list of ids, or absent.
std::vector<std::int64_t> end_tokens(const shard::Run& run) {
  const auto given = option_of(run, "end_tokens");
  if (!given) return {};
  std::vector<std::int64_t> ids;
  const auto& list = *given;
  const auto is_id = [](const auto& id) { return id.is_number_integer(); };
  if (!list.is_array() || !std::all_of(list.begin(), list.end(), is_id)) {
    throw FormatError(run.path() / "plan.json", "options.end_tokens: expected a list of token ids");
  }
  for (const auto& id : list) ids.push_back(id.template get<std::int64_t>());
  return ids;
}

/// options.primary of the plan; older runs name none.
std::optional<Primary> primary_of(const shard::Run& run) {
  const auto given = option_of(run, "primary");
  if (!given) return std::nullopt;
  const auto found = given->is_string() ? std::find(primary_names.begin(), primary_names.end(),
                                                    given->get<std::string>())
                                        : primary_names.end();
  if (found == primary_names.end()) {
    std::string names;
    for (const std::string_view name : primary_names) {
      names.append(names.empty() ? "" : ", ").append(name);
    }
    throw FormatError(run.path() / "plan.json",
                      "options.primary: found " + given->dump() + ", expected one of " + names);
  }
  return static_cast<Primary>(found - primary_names.begin());
}

/// Share of a prompt's tokens that are `unknown`, or nothing if there are none.
std::optional<double> unknown_share(const nlohmann::json& line, std::int64_t unknown) {
  const auto ids = line.find("input_ids");
  if (ids == line.end() || !ids->is_array() || ids->empty()) return std::nullopt;
  const auto count =
      std::count_if(ids->begin(), ids->end(), [unknown](const auto& id) { return id == unknown; });
  return static_cast<double>(count) / static_cast<double>(ids->size());
}

std::string directory_name(const std::filesystem::path& path) {
  const auto whole = std::filesystem::weakly_canonical(path);
  const std::string name = whole.filename().string();
  return name.empty() ? "run" : name;
}

/// Sizes of an array [time, series] or [prompt, time, series].
struct SeriesShape {
  std::size_t prompts = 1;
  std::size_t steps = 0;
  std::size_t series = 0;
};

SeriesShape series_shape(const shard::NpyFile& file) {
  const auto& shape = file.shape();
  if (shape.size() != 2 && shape.size() != 3) {
    throw FormatError(file.path(), "shape " + shard::shape_text(shape) +
                                       ", expected [time, series] or [prompt, time, series]");
  }
  SeriesShape result;
  if (shape.size() == 3) result.prompts = static_cast<std::size_t>(shape[0]);
  result.steps = static_cast<std::size_t>(shape[shape.size() - 2]);
  result.series = static_cast<std::size_t>(shape.back());
  if (result.prompts == 0 || result.steps == 0 || result.series < 2) {
    throw FormatError(file.path(), "shape " + shard::shape_text(shape) +
                                       ", expected at least one step of two series");
  }
  return result;
}

}  // namespace

Input read_run(const std::filesystem::path& path, const shard::ReadOptions& reading) {
  const shard::Run run = shard::Run::open(path, reading);
  const shard::ArrayPlan& norms = norm_array(run);
  Input input;
  input.path = path;
  input.label = directory_name(path);
  input.layers = norms.layers;
  input.heads_per_layer = static_cast<std::size_t>(norms.row_shape.back());
  input.prompts_planned = run.prompts().size();
  input.missing = run.missing();
  input.end_tokens = end_tokens(run);
  input.details = run.plan().details;
  input.primary = primary_of(run);
  if (input.layers.size() != norms.row_shape.front() || input.heads() < 2) {
    throw FormatError(path / "plan.json", "head_norm: " + std::to_string(input.layers.size()) +
                                              " layers and shape " +
                                              shard::shape_text(norms.row_shape) +
                                              " a row, expected two heads or more");
  }
  std::vector<Prompt> prompts;
  const auto unknown = option_of(run, "unknown_token");
  for (const auto& line : run.prompts()) {
    prompts.push_back(empty_prompt(line, prompts.size()));
    if (!unknown || !unknown->is_number_integer()) continue;
    prompts.back().unknown = unknown_share(line, unknown->get<std::int64_t>());
  }
  for (const std::int64_t shard : run.shards()) read_shard(run, shard, norms, prompts);
  for (Prompt& prompt : prompts) {
    if (prompt.steps > 0) input.prompts.push_back(std::move(prompt));
  }
  if (input.prompts.empty() ||
      (!reading.allow_partial && input.prompts.size() != input.prompts_planned)) {
    throw FormatError(path, "steps of " + std::to_string(input.prompts.size()) +
                                " prompts, expected " + std::to_string(input.prompts_planned) +
                                ", one per line of prompts.jsonl");
  }
  return input;
}

Input read_series(const std::filesystem::path& path, std::size_t layers) {
  const shard::NpyFile file(path);
  const SeriesShape shape = series_shape(file);
  if (layers == 0 || shape.series % layers != 0) {
    throw FormatError(path, std::to_string(shape.series) + " series, expected a multiple of " +
                                std::to_string(layers) + " layers");
  }
  Input input;
  input.path = path;
  input.label = path.stem().string();
  for (std::size_t layer = 0; layer < layers; ++layer) {
    input.layers.push_back(static_cast<std::int64_t>(layer));
  }
  input.heads_per_layer = shape.series / layers;
  input.prompts_planned = shape.prompts;
  const std::vector<double> values = file.read<double>();
  const std::size_t size = shape.steps * shape.series;
  for (std::size_t p = 0; p < shape.prompts; ++p) {
    Prompt prompt;
    prompt.id = std::to_string(p);
    prompt.steps = shape.steps;
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(p * size);
    prompt.values.assign(first, first + static_cast<std::ptrdiff_t>(size));
    input.prompts.push_back(std::move(prompt));
  }
  return input;
}

void make_labels_unique(std::vector<Input>& inputs) {
  std::set<std::string> taken;
  for (Input& input : inputs) {
    std::string name = input.label.empty() ? "run" : input.label;
    for (char& c : name) {  // it names a folder as well
      const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (!plain && c != '_' && c != '-' && c != '.') c = '_';
    }
    if (name.front() == '.') name.front() = '_';
    input.label = name;
    for (int i = 2; !taken.insert(input.label).second; ++i) {
      input.label = name + "_" + std::to_string(i);
    }
  }
}

}  // namespace phiscope::analyze::phiid
