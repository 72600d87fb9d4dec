// SPDX-License-Identifier: MIT
#include "sampling/definitions.hpp"

#include <algorithm>

namespace phiscope::analyze::sampling {

std::string definition(Spread spread) {
  switch (spread) {
    case Spread::trace_covariance:
      return "trace_covariance: Tr(Cov) of the latents of a problem's samples, the sum of the "
             "unbiased variances of the units.";
    case Spread::cosine:
      return "cosine: mean over pairs of samples of the cosine of their latents.";
    case Spread::participation_ratio:
      return "participation_ratio: (sum of the eigenvalues of the covariance)^2 / sum of their "
             "squares.";
    case Spread::effective_rank:
      return "effective_rank: exponential of the entropy of the eigenvalues of the covariance.";
    case Spread::within:
      return "within: variance of latents around the mean of the samples with the same final "
             "answer, normalised by 1 / n.";
    case Spread::between:
      return "between: variance of these means, weighted by their samples; within + between is the "
             "whole.";
    case Spread::between_share:
      return "between_share: between / (within + between), over the samples with a final answer.";
    case Spread::commitment:
      return "commitment: share of the samples whose final answer is that of the nearest mean "
             "latent of an answer, its own answer's mean without it (leave-one-out).";
    case Spread::commitment_permuted:
      return "commitment_permuted: the same with final answers permuted among the samples of a "
             "problem.";
    case Spread::commitment_excess:
      break;
  }
  return "commitment_excess: commitment minus commitment_permuted.";
}

std::string definition(Apart apart) {
  switch (apart) {
    case Apart::distance:
      return "distance: |z_local - z*| of the latents of the model's greedy solution and of the "
             "oracle's, pooled over the solution's own tokens.";
    case Apart::drift:
      return "drift: |z_forced - z*|, z_forced pooled over the tokens that the model generates "
             "after the prefix of the oracle's solution.";
    case Apart::drift_all:
      return "drift_all: the same, pooled over all tokens of the solution, the prefix among them.";
    case Apart::reference:
      return "reference: mean distance of a problem's greedy solution to those of the other "
             "problems: what a distance can be compared with.";
    case Apart::improvement:
      return "improvement: distance minus drift; above 0 the forced solution is nearer.";
    case Apart::improvement_all:
      break;
  }
  return "improvement_all: distance minus drift_all.";
}

std::string divergence_definition() {
  return "divergence: D(t) = |mean latent of the greedy text's next tokens - that of the branch's| "
         "after the second-best token is forced as token t + 1, both generated greedily, up to the "
         "end of the shorter text.";
}

std::string contribution_definition() {
  return "contribution of a layer: (W_U[top1] - W_U[top2]) . norm(h_l - h_(l-1)) at the position "
         "that predicts the token. Norm frozen: the final norm's scale at the last residual, "
         "applied to every difference; raw: none; published: all of the rescaling in the last "
         "layer.";
}

std::string cluster_definition() {
  return "clusters: k-means of the latents of right solutions; stability is the mean adjusted Rand "
         "index with the clusters of samples drawn anew.";
}

std::string spread_unit(Spread spread) {
  switch (spread) {
    case Spread::trace_covariance:
    case Spread::within:
    case Spread::between:
      return "activation units squared";
    case Spread::participation_ratio:
    case Spread::effective_rank:
      return "dimensions";
    case Spread::cosine:
      return "cosine";
    case Spread::between_share:
      return "share";
    default:
      return "accuracy";
  }
}

std::vector<std::string> definitions(const std::vector<Study>& studies, const Options& options) {
  const auto has = [&studies](auto member) {
    return std::any_of(studies.begin(), studies.end(),
                       [member](const Study& study) { return (study.*member).has_value(); });
  };
  std::vector<std::string> lines = {
      "Latent of a text at a layer: mean of the residual after the layer over the generated tokens "
      "number k, 2k, ..., k the stride, up to the checkpoint or the end of the text; where the run "
      "has a pooling window w, over the last w of these."};
  if (has(&Study::variance)) {
    for (const Spread spread : all_spreads()) lines.push_back(definition(spread));
    lines.emplace_back(options.full_length_only
                           ? "Samples that ended before a checkpoint are left out of it."
                           : "Samples that ended before a checkpoint count with the tokens they "
                             "have.");
  }
  if (has(&Study::manifold)) {
    for (const Apart apart : all_aparts()) lines.push_back(definition(apart));
  }
  if (has(&Study::sensitivity)) lines.push_back(divergence_definition());
  if (has(&Study::attribution)) lines.push_back(contribution_definition());
  if (has(&Study::clusters)) lines.push_back(cluster_definition());
  return lines;
}

}  // namespace phiscope::analyze::sampling
