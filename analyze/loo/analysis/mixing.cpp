// SPDX-License-Identifier: MIT
#include "loo/analysis/mixing.hpp"

#include <phiscope/cluster_structure.hpp>

#include <algorithm>

namespace phiscope::analyze::loo {
namespace {

/// Sum over the occurrences of a word that represent it, and how many they are.
struct MixedWord {
  std::vector<double> sum;
  double occurrences = 0.0;
};

void add_to(MixedWord& word, const std::vector<double>& embedding, double weight) {
  word.sum.resize(embedding.size(), 0.0);
  for (std::size_t unit = 0; unit < embedding.size(); ++unit) {
    word.sum[unit] += weight * embedding[unit];
  }
}

/// Does this occurrence count, given how many did before?
bool counts(Occurrence occurrence, MixedWord& word) {
  if (occurrence == Occurrence::first && word.occurrences > 0.0) return false;
  if (occurrence == Occurrence::last) word = {};
  return true;
}

Value ratio_of(const std::vector<double>& values, std::span<const std::int64_t> words,
               const Condition& condition, Cross cross) {
  const std::size_t units = words.empty() ? 0 : values.size() / words.size();
  const MatrixView<double> rows(values, words.size(), units, units);
  return cluster_structure(rows, pair_set(words, condition.partition, cross)).ratio;
}

}  // namespace

Mixing neighbour_mixing(const Walk& walk, const Condition& condition,
                        std::span<const std::int64_t> words, const WordEmbeddings& embeddings,
                        Sink sink, Occurrence occurrence, Cross cross) {
  Mixing result;
  std::vector<MixedWord> mixed(embeddings.size());
  for (std::size_t i = sink == Sink::drop ? 1 : 0; i < walk.nodes.size(); ++i) {
    const auto own = static_cast<std::size_t>(walk.nodes[i]);
    if (!counts(occurrence, mixed[own])) continue;
    const auto before = static_cast<std::size_t>(walk.nodes[i == 0 ? 0 : i - 1]);
    const bool mixes = i > 0 && !embeddings[before].empty();
    if (i > 0 && !mixes) ++result.unmixed;
    add_to(mixed[own], embeddings[own], mixes ? 0.5 : 1.0);
    if (mixes) add_to(mixed[own], embeddings[before], 0.5);
    mixed[own].occurrences += 1.0;
  }
  std::vector<double> values;
  std::vector<double> unmixed;
  for (const std::int64_t word : words) {
    const auto at = static_cast<std::size_t>(word);
    for (const double sum : mixed[at].sum) values.push_back(sum / mixed[at].occurrences);
    unmixed.insert(unmixed.end(), embeddings[at].begin(), embeddings[at].end());
  }
  result.ratio = ratio_of(values, words, condition, cross);
  result.embedding = ratio_of(unmixed, words, condition, cross);
  return result;
}

void put_embeddings(const WordRows& rows, std::size_t layers, std::size_t units,
                    WordEmbeddings& embeddings) {
  for (std::size_t i = 0; i < rows.words.size(); ++i) {
    const auto first = rows.values.subspan(i * layers * units, units);
    embeddings[static_cast<std::size_t>(rows.words[i])].assign(first.begin(), first.end());
  }
}

std::vector<WordEmbeddings> word_embeddings(const LooRun& run) {
  const RunInfo& info = run.info();
  std::vector<WordEmbeddings> result;
  result.reserve(info.conditions.size());
  for (const Condition& condition : info.conditions) result.emplace_back(condition.words.size());
  const auto is_missing = [](const std::vector<double>& embedding) { return embedding.empty(); };
  for (const ContextPlace& place : run.contexts()) {
    WordEmbeddings& known = result[info.walks[place.walk].condition];
    if (std::none_of(known.begin(), known.end(), is_missing)) continue;
    const ContextRows rows = run.rows(place);
    WordEmbeddings found(known.size());
    put_embeddings(rows.runs.front(), info.layers.size(), info.units, found);
    for (std::size_t word = 0; word < known.size(); ++word) {
      if (known[word].empty()) known[word] = found[word];
    }
  }
  return result;
}

}  // namespace phiscope::analyze::loo
