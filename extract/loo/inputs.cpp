// SPDX-License-Identifier: MIT
#include "loo/inputs.hpp"

#include "shard/file/format_error.hpp"
#include "shard/text/json_file.hpp"

#include <algorithm>
#include <set>

namespace phiscope::extract {
namespace {

using nlohmann::json;
using shard::FormatError;

/// A field that is required with the type T.
template <class T>
T field(const json& object, const std::string& key, const std::filesystem::path& file,
        const std::string& where) {
  if (!object.is_object() || !object.contains(key)) {
    throw FormatError(file, where + ": '" + key + "' is missing");
  }
  try {
    return object.at(key).get<T>();
  } catch (const json::exception&) {
    throw FormatError(file, where + "." + key + ": found " + object.at(key).dump().substr(0, 60) +
                                ", expected another type");
  }
}

void check_words(const Vocabulary& vocabulary, const std::filesystem::path& file) {
  const std::size_t n = vocabulary.words.size();
  if (n < 2) throw FormatError(file, vocabulary.name + ": fewer than two words");
  if (vocabulary.cluster.size() != n || vocabulary.group.size() != n) {
    throw FormatError(file, vocabulary.name + ": " + std::to_string(vocabulary.cluster.size()) +
                                " clusters and " + std::to_string(vocabulary.group.size()) +
                                " groups, expected one for each of " + std::to_string(n) +
                                " words");
  }
  const std::set<std::string> distinct(vocabulary.words.begin(), vocabulary.words.end());
  if (distinct.size() != n) throw FormatError(file, vocabulary.name + ": a word is listed twice");
  for (const std::string& word : vocabulary.words) {
    if (word.empty() || word.find_first_of(" \t\r\n") != std::string::npos) {
      throw FormatError(
          file, vocabulary.name + ": found the word '" + word + "', expected one without spaces");
    }
  }
}

void check_adjacency(const Adjacency& graph, std::size_t words, const std::filesystem::path& file,
                     const std::string& where) {
  if (graph.size() != words) {
    throw FormatError(file, where + ".adjacency: " + std::to_string(graph.size()) +
                                " rows, expected " + std::to_string(words));
  }
  for (std::size_t i = 0; i < words; ++i) {
    if (graph[i].size() != words) {
      throw FormatError(file, where + ".adjacency: row " + std::to_string(i) + " has " +
                                  std::to_string(graph[i].size()) + " entries, expected " +
                                  std::to_string(words));
    }
  }
  for (std::size_t i = 0; i < words; ++i) {
    for (std::size_t j = 0; j < words; ++j) {
      const bool fine = (graph[i][j] == 0 || graph[i][j] == 1) && graph[i][j] == graph[j][i] &&
                        (i != j || graph[i][j] == 0);
      if (!fine) {
        throw FormatError(file, where + ".adjacency: entry " + std::to_string(i) + ", " +
                                    std::to_string(j) + ", expected 0 or 1, symmetric, no loops");
      }
    }
  }
}

/// Words in cluster-major order with the group of each; clusters and groups by sorted name.
Vocabulary read_vocabulary(const std::string& name, const json& entry,
                           const std::filesystem::path& file) {
  using Lists = std::map<std::string, std::vector<std::string>>;
  const auto clusters = field<Lists>(entry, "clusters", file, "vocabulary." + name);
  const auto groups = field<Lists>(entry, "semantic_groups", file, "vocabulary." + name);
  Vocabulary vocabulary{.name = name, .words = {}, .cluster = {}, .group = {}};
  int cluster = 0;
  for (const auto& [cluster_name, words] : clusters) {
    for (const std::string& word : words) {
      int group = 0;
      int found = -1;
      for (const auto& [group_name, members] : groups) {
        if (std::ranges::count(members, word) > 0) found = group;
        ++group;
      }
      if (found < 0)
        throw FormatError(file, "vocabulary." + name + ": no group has '" + word + "'");
      vocabulary.words.push_back(word);
      vocabulary.cluster.push_back(cluster);
      vocabulary.group.push_back(found);
    }
    ++cluster;
  }
  check_words(vocabulary, file);
  return vocabulary;
}

void check_positions(const std::vector<int>& positions, std::size_t n,
                     const std::filesystem::path& file, const std::string& where) {
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const bool in_range = positions[i] >= 0 && static_cast<std::size_t>(positions[i]) < n;
    if (!in_range || (i > 0 && positions[i] <= positions[i - 1])) {
      throw FormatError(file, where + ".test_positions: found " + std::to_string(positions[i]) +
                                  ", expected ascending positions below " + std::to_string(n));
    }
  }
}

}  // namespace

LooWalks read_walks(const std::filesystem::path& file) {
  const json root = shard::read_json(file);
  LooWalks walks;
  const auto vocabulary = field<json>(root, "vocabulary", file, "file");
  if (!vocabulary.is_object()) throw FormatError(file, "vocabulary: expected an object");
  for (const auto& [name, entry] : vocabulary.items()) {
    walks.vocabularies.push_back(read_vocabulary(name, entry, file));
  }
  std::size_t index = 0;
  std::set<std::string> ids;
  for (const json& entry : field<json::array_t>(root, "walks", file, "file")) {
    const std::string where = "walks[" + std::to_string(index++) + "]";
    const auto condition = field<std::string>(entry, "condition", file, where);
    const auto found = std::ranges::find(walks.vocabularies, condition, &Vocabulary::name);
    if (found == walks.vocabularies.end()) {
      throw FormatError(file, where + ".condition: '" + condition + "' is not in the vocabulary");
    }
    LooContext context{.condition = static_cast<int>(found - walks.vocabularies.begin()),
                       .n = field<int>(entry, "N", file, where),
                       .trial = field<int>(entry, "trial", file, where),
                       .seed = field<std::uint64_t>(entry, "seed", file, where),
                       .nodes = {},
                       .adjacency = field<Adjacency>(entry, "adjacency", file, where),
                       .removed = {}};
    const auto words = field<std::vector<std::string>>(entry, "tokens", file, where);
    if (words.size() < 2 || static_cast<std::size_t>(context.n) != words.size()) {
      throw FormatError(file, where + ": N is " + std::to_string(context.n) + " but there are " +
                                  std::to_string(words.size()) + " tokens, expected at least 2");
    }
    for (const std::string& word : words) {
      const auto node = std::ranges::find(found->words, word);
      if (node == found->words.end()) {
        throw FormatError(file, where + ".tokens: '" + word + "' is not in the vocabulary");
      }
      context.nodes.push_back(static_cast<int>(node - found->words.begin()));
    }
    if (entry.contains("nodes") &&
        field<std::vector<int>>(entry, "nodes", file, where) != context.nodes) {
      throw FormatError(file, where + ".nodes: not the nodes of its tokens");
    }
    check_adjacency(context.adjacency, found->words.size(), file, where);
    if (entry.contains("test_positions")) {
      context.removed = field<std::vector<int>>(entry, "test_positions", file, where);
      check_positions(context.removed, words.size(), file, where);
    }
    if (!ids.insert(context.id(condition)).second) {
      throw FormatError(file, where + ": " + context.id(condition) + " is listed twice");
    }
    walks.contexts.push_back(std::move(context));
  }
  if (walks.contexts.empty()) throw FormatError(file, "walks: empty, expected at least one");
  return walks;
}

LooGraph read_graph(const std::filesystem::path& file) {
  const json root = shard::read_json(file);
  LooGraph graph;
  graph.vocabulary = {.name = field<std::string>(root, "name", file, "file"),
                      .words = field<std::vector<std::string>>(root, "words", file, "file"),
                      .cluster = field<std::vector<int>>(root, "clusters", file, "file"),
                      .group = field<std::vector<int>>(root, "groups", file, "file")};
  check_words(graph.vocabulary, file);
  if (root.contains("adjacency")) {
    graph.adjacency = field<Adjacency>(root, "adjacency", file, "file");
    check_adjacency(graph.adjacency, graph.vocabulary.words.size(), file, "file");
    const std::vector<std::size_t> label = components(graph.adjacency);
    if (std::ranges::count(label, std::size_t{0}) != std::ssize(label)) {
      throw FormatError(file, "adjacency: not connected, a walk could not reach every word");
    }
  }
  return graph;
}

}  // namespace phiscope::extract
