// SPDX-License-Identifier: MIT
#include "command/past_speed.hpp"

#include "shard/atomic_file.hpp"
#include "shard/json_file.hpp"
#include "shard/sha256.hpp"
#include "watch/progress.hpp"

#include <cmath>
#include <span>
#include <system_error>

namespace phiscope::extract {
namespace {

constexpr double least_seconds = 1.0;
constexpr double hour = 3600.0;

std::filesystem::path file_of(const std::filesystem::path& folder, const std::string& key) {
  return folder / ("speed-" + shard::sha256(std::as_bytes(std::span(key))));
}

std::optional<PastSpeed> read(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return std::nullopt;
  try {
    const nlohmann::json kept = shard::read_json(file);
    PastSpeed speed{.tokens_per_second = kept.at("tokens_per_second").get<double>(),
                    .day = kept.at("day").get<std::string>()};
    if (!(speed.tokens_per_second > 0.0) || speed.day.size() != 10) return std::nullopt;
    return speed;
  } catch (const std::exception&) {
    return std::nullopt;  // a cache: what cannot be read is not there
  }
}

}  // namespace

std::optional<PastSpeed> PastSpeeds::find(const std::string& experiment,
                                          const std::string& conditions) const {
  if (auto speed = read(file_of(folder_, experiment + "\n" + conditions))) return speed;
  auto other = read(file_of(folder_, "\n" + conditions));
  if (other) other->is_alike = false;
  return other;
}

std::string PastSpeeds::keep(const std::string& experiment, const std::string& conditions,
                             std::uint64_t tokens, double seconds, const std::string& day) const {
  if (seconds < least_seconds || tokens == 0) return {};
  const nlohmann::json kept = {{"tokens_per_second", static_cast<double>(tokens) / seconds},
                               {"day", day}};
  try {
    std::filesystem::create_directories(folder_);
    for (const std::string& key : {experiment + "\n" + conditions, "\n" + conditions}) {
      shard::write_file(file_of(folder_, key), kept.dump() + "\n");
    }
  } catch (const std::exception& error) {
    return error.what();
  }
  return {};
}

std::string time_text(const std::optional<PastSpeed>& speed, std::uint64_t tokens) {
  if (!speed) {
    return "unknown: no run of this model on this device was timed on this machine yet; a smaller "
           "one, with fewer prompts, tells";
  }
  const double seconds = static_cast<double>(tokens) / speed->tokens_per_second;
  return "about " + duration_text(seconds) + ", at the " +
         std::to_string(std::llround(speed->tokens_per_second)) + " tokens/s that " +
         (speed->is_alike ? "such a run" : "another experiment with this model") + " had here on " +
         speed->day + advice_for(seconds);
}

std::string advice_for(double seconds) {
  if (seconds <= hour) return "";
  return "; --shard i/n divides it among n tasks, fewer prompts (--limit), lengths or steps "
         "(--step-size) shorten it";
}

}  // namespace phiscope::extract
