// SPDX-License-Identifier: MIT
#include "command/past_speed.hpp"

#include "shard/file/atomic_file.hpp"
#include "shard/file/sha256.hpp"
#include "shard/text/json_file.hpp"
#include "watch/progress.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <stdexcept>
#include <system_error>

namespace phiscope::extract {
namespace {

constexpr double least_seconds = 1.0;
constexpr double hour = 3600.0;

std::filesystem::path file_of(const std::filesystem::path& folder, const std::string& key) {
  return folder / ("speed-" + shard::sha256(std::as_bytes(std::span(key))));
}

/// @throws std::exception where it is not what keep() wrote
void read(const nlohmann::json& kept, std::uint64_t& tokens, double& seconds) {
  tokens = kept.at("tokens").get<std::uint64_t>();
  seconds = kept.at("seconds").get<double>();
  if (!(seconds >= 0.0)) throw std::runtime_error("seconds below 0");
}

std::optional<PastSpeed> read(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return std::nullopt;
  try {
    const nlohmann::json kept = shard::read_json(file);
    PastSpeed speed;
    speed.day = kept.at("day").get<std::string>();
    read(kept.at("together"), speed.timed.tokens.together, speed.timed.together_seconds);
    read(kept.at("single"), speed.timed.tokens.single, speed.timed.single_seconds);
    if (speed.timed.tokens.all() == 0 || speed.day.size() != 10) return std::nullopt;
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
                             const TimedWork& timed, const std::string& day) const {
  if (timed.together_seconds + timed.single_seconds < least_seconds) return {};
  const nlohmann::json kept = {
      {"together", {{"tokens", timed.tokens.together}, {"seconds", timed.together_seconds}}},
      {"single", {{"tokens", timed.tokens.single}, {"seconds", timed.single_seconds}}},
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

std::string time_text(const std::optional<PastSpeed>& speed, const Tokens& tokens) {
  if (!speed) {
    return "unknown: no run of this model on this device was timed on this machine yet; a smaller "
           "one, with fewer prompts, tells";
  }
  const double seconds = speed->timed.seconds_for(tokens);
  const double rate = static_cast<double>(tokens.all()) / std::max(seconds, 1e-9);
  return "about " + duration_text(seconds) + ", at the pace that " +
         (speed->is_alike ? "such a run" : "another experiment with this model") + " had here on " +
         speed->day + " (" + std::to_string(std::llround(rate)) + " tokens/s)" +
         advice_for(seconds);
}

std::string advice_for(double seconds) {
  if (seconds <= hour) return "";
  return "; --shard i/n divides it among n tasks, fewer prompts (--limit), lengths or steps "
         "(--step-size) shorten it";
}

}  // namespace phiscope::extract
