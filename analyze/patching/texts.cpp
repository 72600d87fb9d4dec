// SPDX-License-Identifier: MIT
#include "patching/texts.hpp"

#include "shard/format_error.hpp"
#include "shard/json_file.hpp"
#include "shard/json_object.hpp"
#include "shard/mapped_file.hpp"

#include <algorithm>
#include <string_view>

namespace phiscope::analyze::patching {
namespace {

using shard::JsonObject;

std::size_t index_in(const std::vector<std::string>& names, const JsonObject& line,
                     const char* member) {
  const auto found = std::find(names.begin(), names.end(), line.text(member));
  if (found == names.end()) line.refuse(member, "one of plan.json");
  return static_cast<std::size_t>(found - names.begin());
}

std::int64_t integer(const JsonObject& line, const char* member) {
  const auto& value = line.member(member);
  if (!value.is_number_integer()) line.refuse(member, "an integer");
  return value.get<std::int64_t>();
}

std::size_t pair_of(const JsonObject& line, const Patching& data) {
  const std::int64_t id = integer(line, "pair_id");
  const auto found = std::find_if(data.pairs.begin(), data.pairs.end(),
                                  [id](const Pair& pair) { return pair.id == id; });
  if (found == data.pairs.end()) line.refuse("pair_id", "a pair of the run");
  return static_cast<std::size_t>(found - data.pairs.begin());
}

std::size_t site_of(const JsonObject& line, const Patching& data) {
  const Site wanted = {.mode = index_in(data.modes, line, "mode"),
                       .set = index_in(data.sets, line, "set"),
                       .layer = integer(line, "layer"),
                       .head = data.has_heads ? integer(line, "head") : 0,
                       .step = integer(line, "step")};
  const auto found = std::lower_bound(data.sites.begin(), data.sites.end(), wanted);
  if (found == data.sites.end() || *found != wanted) {
    line.refuse("layer", "with its step a site of the run");
  }
  return static_cast<std::size_t>(found - data.sites.begin());
}

/// Texts of the patched runs: [pair][site].
using SiteTexts = std::vector<std::vector<std::optional<std::string>>>;

void take_line(const JsonObject& line, Patching& data, SiteTexts& texts) {
  const std::size_t pair = pair_of(line, data);
  const std::int64_t layer = integer(line, "layer");
  Generated& generated = data.rows[pair].generated;
  std::optional<std::string>* place = nullptr;
  if (layer == -2) {
    place = &generated.clean;
  } else if (layer == -1) {
    place = &generated.unpatched;
  } else {
    place = &texts[pair][site_of(line, data)];
  }
  if (place->has_value()) line.refuse("pair_id", "a run of the model that no earlier line has");
  *place = line.text("text");
}

}  // namespace

void add_texts(const std::filesystem::path& file, Patching& data) {
  const shard::MappedFile mapped(file);
  std::string_view rest = mapped.text();
  SiteTexts texts(data.pairs.size());
  for (auto& pair : texts) pair.resize(data.sites.size());
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const auto json = shard::parse_ordered_json(line, file, number);
    take_line(JsonObject(json, "line " + std::to_string(number), file), data, texts);
  }
  for (std::size_t pair = 0; pair < data.pairs.size(); ++pair) {
    PairRows& rows = data.rows[pair];
    rows.greedy.assign(data.sites.size(), std::nullopt);
    if (!rows.generated.unpatched) continue;
    for (std::size_t site = 0; site < data.sites.size(); ++site) {
      if (!texts[pair][site]) continue;
      rows.greedy[site] = greedy_answer(*texts[pair][site], *rows.generated.unpatched,
                                        answer_number(data.pairs[pair].clean));
    }
  }
}

}  // namespace phiscope::analyze::patching
