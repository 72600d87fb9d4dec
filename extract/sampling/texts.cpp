// SPDX-License-Identifier: MIT
#include "sampling/texts.hpp"

#include "command/prompt_runs.hpp"
#include "files/json_entries.hpp"
#include "files/model/embedded_ids.hpp"
#include "files/tokenizer.hpp"
#include "shard/file/format_error.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

namespace phiscope::extract {
namespace {

using shard::FormatError;

/// The id of a text's problem, as problem files give it.
std::string problem_of(const JsonFields& fields) {
  for (const std::string_view key : {"problem", "id", "problem_id"}) {
    if (!fields.has(key)) continue;
    const nlohmann::json& id = fields.value().at(key);
    if (id.is_number_integer()) return id.dump();
    return fields.text(key);
  }
  fields.refuse("problem", "the id of a problem, a string or an integer");
}

double temperature_of(const JsonFields& fields, const SamplingOptions& options) {
  if (!fields.has("temperature")) {
    if (options.temperatures.size() == 1) return options.temperatures.front();
    fields.refuse("temperature", "a number from 0, or one --temperatures for all that have none");
  }
  const nlohmann::json& value = fields.at("temperature", "a number");
  if (!value.is_number() || !(value.get<double>() >= 0.0)) {
    fields.refuse("temperature", "a number from 0");
  }
  return value.get<double>();
}

std::vector<int> ids_of(const JsonFields& fields, std::int64_t vocabulary) {
  std::vector<int> ids;
  const nlohmann::json& list = fields.array("continuation_ids");
  ids.reserve(list.size());
  for (const nlohmann::json& id : list) {
    if (!id.is_number_integer() || id.get<std::int64_t>() < 0 ||
        id.get<std::int64_t>() >= vocabulary) {
      throw FormatError(fields.file(), fields.name_of("continuation_ids") + " has " + shown(id) +
                                           ", expected token ids from 0 to " +
                                           std::to_string(vocabulary - 1));
    }
    ids.push_back(id.get<int>());
  }
  return ids;
}

/// Reads one entry after another.
class TextReader {
 public:
  TextReader(const SamplingOptions& options, const SamplingProblems& problems,
             const ModelConfig& config)
      : options_(options),
        problems_(problems),
        config_(config),
        embedded_(options.run.model, config.vocab) {
    for (std::size_t p = 0; p < problems.problems.size(); ++p) {
      numbers_.emplace(problems.problems[p].id, p);
    }
    if (std::filesystem::exists(options.run.model / "tokenizer.json")) {
      tokenizer_ = Tokenizer::open(options.run.model);
    }
  }

  void read(const JsonEntry& entry, GivenTexts& into) {
    const JsonFields fields = entry.fields();
    const std::string id = problem_of(fields);
    const auto number = numbers_.find(id);
    if (number == numbers_.end()) {
      if (!problems_.left_out.contains(id)) {
        throw FormatError(entry.place, "no problem has the id " + shard::quote_bytes(id, 40) +
                                           ", expected one of " +
                                           shard::path_text(options_.problems));
      }
      ++into.left_out;
      return;
    }
    GivenText made{
        .problem = number->second,
        .temperature = temperature_of(fields, options_),
        .sample = static_cast<int>(fields.integer("sample", {.least = 0, .most = 65535})),
        .ids = {},
        .text = {}};
    const auto key = std::tuple(made.problem, made.temperature, made.sample);
    const auto [earlier, is_new] = seen_.emplace(key, entry.place);
    if (!is_new) {
      throw FormatError(entry.place, "problem " + id + ", temperature and sample are those of " +
                                         shard::path_text(earlier->second) +
                                         ", expected each once");
    }
    read_tokens(fields, made);
    check_length(entry, id, made);
    into.texts.push_back(std::move(made));
  }

 private:
  void read_tokens(const JsonFields& fields, GivenText& into) const {
    const bool has_text = fields.has("text");
    if (fields.has("continuation_ids")) {
      into.ids = ids_of(fields, config_.vocab);
      if (!has_text && tokenizer_) into.text = tokenizer_->decode(into.ids, /*skip_special=*/true);
    } else if (!has_text) {
      fields.refuse("text", "the solution, or continuation_ids");
    }
    if (!has_text) return;
    into.text = fields.text("text");
    if (fields.has("continuation_ids") || into.text.empty()) return;
    if (!tokenizer_) {
      fields.refuse("continuation_ids", "token ids: the model has no tokenizer.json");
    }
    into.ids = tokenizer_->encode(into.text, /*special=*/false).ids;
    embedded_.check(into.ids, fields.file(), "text");
  }

  void check_length(const JsonEntry& entry, const std::string& id, const GivenText& text) const {
    const std::size_t prompt = problems_.prompts[text.problem].size();
    if (static_cast<std::int64_t>(prompt + text.ids.size()) <= config_.max_positions) return;
    throw FormatError(entry.place, "problem " + id + ": " + std::to_string(prompt) +
                                       " tokens of the prompt and " +
                                       std::to_string(text.ids.size()) +
                                       " of the text, expected at most the context length of the "
                                       "model, " +
                                       std::to_string(config_.max_positions));
  }

  const SamplingOptions& options_;
  const SamplingProblems& problems_;
  const ModelConfig& config_;
  EmbeddedIds embedded_;
  std::map<std::string, std::size_t> numbers_;  ///< by the id of a problem
  std::optional<Tokenizer> tokenizer_;          ///< not needed where ids are given
  std::map<std::tuple<std::size_t, double, int>, std::filesystem::path> seen_;
};

}  // namespace

GivenTexts read_given_texts(const SamplingOptions& options, const SamplingProblems& problems,
                            const ModelConfig& config) {
  GivenTexts given;
  warn_of_blank_lines(options.texts);
  TextReader reader(options, problems, config);
  for (const JsonEntry& entry : json_entries(options.texts, "text")) reader.read(entry, given);
  std::ranges::sort(given.texts, {}, [](const GivenText& text) {
    return std::tuple(text.problem, text.temperature, text.sample);
  });
  return given;
}

Run text_run(const std::vector<int>& prompt, const std::vector<int>& ids, const TextPlace& place,
             const SampleLayout& layout, int window) {
  const auto first = static_cast<int>(prompt.size());
  Run run{.tokens = prompt, .rows = {}};
  run.tokens.insert(run.tokens.end(), ids.begin(), ids.end());
  run.key = std::vector<std::int64_t>{place.problem, place.temperature, place.sample};
  run.generates = false;
  for (const int checkpoint : layout.checkpoints) {
    const int pooled = std::min(checkpoint, static_cast<int>(ids.size())) / layout.stride;
    if (pooled == 0) continue;
    Row row{.key = run.key, .spans = {}};
    row.key.push_back(checkpoint);
    for (int nth = window > 0 ? std::max(1, pooled - window + 1) : 1; nth <= pooled; ++nth) {
      const int position = first + nth * layout.stride - 1;
      row.spans.push_back({position, position + 1});
    }
    run.rows.push_back(std::move(row));
  }
  return run;
}

}  // namespace phiscope::extract
