// SPDX-License-Identifier: MIT
#pragma once

#include "files/model/config.hpp"
#include "files/prompts.hpp"
#include "plan/plan.hpp"

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace phiscope::extract {

class DonorRun;

/// A prompt with its tokens; of a model of latent thoughts, which follow them, also what ends
/// these.
struct TokenPrompt {
  std::string id;
  std::vector<int> tokens;
  int latents = 0;
  std::vector<int> after{};
};

/// The run of a prompt, without rows and key.
Run run_of(const TokenPrompt& prompt);

/// What is done to each prompt: one group per prompt, its donors first and its own run last,
/// without rows and key. A prompt to which nothing is done is a group of one run.
struct Interventions {
  std::vector<Group> groups;        ///< [prompt]
  std::vector<std::size_t> counts;  ///< [prompt] actions
};

/// Reads a JSON list of {"prompt": id | "*", "action": ..., ...}, all of them applied together:
///   zero_head       layer, head [, positions]
///   zero_positions  layer, positions [, hook, head]
///   patch           layer, positions, source {prompt [, positions]} [, hook, head]
///   mean            layer, positions, source or a list of sources [, hook, head]
///   resample        layer, positions [, hook, head]: the source is another prompt, drawn with the
///                   seed, the same for all resamplings of a prompt
///   force_token     step, token
///   force_rank      step, rank: the token of that rank in the scores, 1 the likeliest
///   force_prefix    tokens
///   add             layer, positions, source {prompt [, positions]}, scale [, hook, head]
/// A source {donor [, positions]} is a prompt of an earlier run, `donors`, at positions that it
/// stores. In place of positions there may be `latents`, numbers of thoughts from 0, of a prompt
/// that has some; so in a source. `hook` is a hook's name, hook_resid_post without it, whose layer
/// -1 is the embedding; hook_embed and ln_final.hook_out have no layer. Negative positions count
/// from the end of the prompt.
/// @param generated  tokens that each prompt may be continued by
/// @param donors  may be null: no source may be of another run
/// @param model  the directory, whose tokenizer names tokens in messages
/// @throws shard::FormatError naming file, entry, what was found and expected
Interventions read_interventions(const std::filesystem::path& file,
                                 std::span<const TokenPrompt> prompts, const ModelConfig& config,
                                 int generated, std::uint64_t seed, DonorRun* donors,
                                 const std::filesystem::path& model);

}  // namespace phiscope::extract
