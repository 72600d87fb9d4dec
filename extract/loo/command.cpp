// SPDX-License-Identifier: MIT
#include "loo/command.hpp"

#include "command/flags.hpp"
#include "command/options.hpp"
#include "command/run.hpp"
#include "files/model/embedded_ids.hpp"
#include "files/tokenizer.hpp"
#include "loo/inputs.hpp"
#include "loo/plan.hpp"
#include "loo/shuffled.hpp"
#include "shard/file/sha256.hpp"

#include <algorithm>
#include <array>
#include <iostream>
#include <memory>
#include <stdexcept>

namespace phiscope::extract {
namespace {

using nlohmann::ordered_json;

constexpr Choices<Sink, 3> sinks{
    {{"keep", Sink::keep}, {"drop", Sink::drop}, {"prefix", Sink::prefix}}};
constexpr Choices<Occurrence, 3> occurrences{
    {{"mean", Occurrence::mean}, {"first", Occurrence::first}, {"last", Occurrence::last}}};
constexpr Choices<Vocabulary (*)(), 2> vocabularies{
    {{"semantic", semantic_words}, {"unrelated", unrelated_words}}};

/// The one test that a run is to decide; the analysis marks all others as exploratory.
enum class Primary {
  bridge_anchor,  ///< do bridges and anchors differ in their ratio influence?
  ratio,          ///< is the ratio above that of mixing each word with the one before?
  clusters,       ///< is the ratio above that of permuted clusters?
};
constexpr Choices<Primary, 3> primaries{{{"bridge-anchor", Primary::bridge_anchor},
                                         {"ratio", Primary::ratio},
                                         {"clusters", Primary::clusters}}};

constexpr int published_trials = 5;
constexpr const char* published_warning =
    "--published: 5 walks per length, as in the published experiment: no sign-flip p-value can be "
    "below 2/2^5 = 0.0625, and a t interval over 5 walks covers 0.83 instead of 0.95 on skewed "
    "data; the default of 20 walks has neither weakness";

struct LooOptions {
  RunOptions run;
  std::vector<int> context_lengths = {6, 10, 20, 50, 100};
  int n_trials = 20;
  bool published = false;
  Primary primary = Primary::bridge_anchor;
  std::vector<std::string> conditions = choice_names(vocabularies);
  std::filesystem::path walks;
  std::filesystem::path graph;
  std::string positions = "default";
  Sink sink = Sink::drop;
  Occurrence occurrence = Occurrence::mean;
  bool leading_space = true;
};

/// "default", "all" or "spread:K" as loo_contexts() takes it.
int parse_positions(const std::string& text) {
  if (text == "default") return 0;
  if (text == "all") return -1;
  const bool spread = text.starts_with("spread:") && text.size() > 7 && text.size() < 12 &&
                      text.find_first_not_of("0123456789", 7) == std::string::npos;
  const int count = spread ? std::stoi(text.substr(7)) : 0;
  if (count < 1) {
    throw std::runtime_error("--positions: found '" + text +
                             "', expected default, all or spread:K with K > 0");
  }
  return count;
}

/// The contexts that the options ask for, but for the shuffled ones.
LooWalks ordered_walks(const LooOptions& options) {
  const int per_context = parse_positions(options.positions);
  if (!options.walks.empty()) {
    LooWalks walks = read_walks(options.walks);
    for (LooContext& context : walks.contexts) {
      if (per_context == 0 && !context.removed.empty()) continue;
      context.removed = spread_positions(
          context.n, per_context < 0 || (per_context == 0 && context.n <= 20) ? context.n
                     : per_context == 0                                       ? 10
                                                                              : per_context);
    }
    return walks;
  }
  LooWalks walks;
  Adjacency fixed;
  if (!options.graph.empty()) {
    LooGraph graph = read_graph(options.graph);
    walks.vocabularies.push_back(graph.vocabulary);
    fixed = graph.adjacency;
  } else {
    for (const std::string& name : options.conditions) {
      if (name == shuffled_name) continue;
      walks.vocabularies.push_back(choice_value(vocabularies, name)());
    }
  }
  if (walks.vocabularies.empty()) {
    throw std::runtime_error(
        "--conditions: found shuffled alone, expected semantic or unrelated beside it: the first "
        "condition's words are shuffled");
  }
  walks.contexts = loo_contexts(walks.vocabularies, options.context_lengths, options.n_trials,
                                options.run.seed, per_context, fixed);
  return walks;
}

LooWalks choose_walks(const LooOptions& options) {
  LooWalks walks = ordered_walks(options);
  if (std::ranges::count(options.conditions, shuffled_name) == 0) return walks;
  if (std::ranges::count(walks.vocabularies, shuffled_name, &Vocabulary::name) > 0) {
    throw std::runtime_error(
        "--conditions: found shuffled, expected it only where the file has no condition of that "
        "name");
  }
  add_shuffled(walks.vocabularies, walks.contexts, options.run.seed);
  return walks;
}

/// Text of a walk, and the byte range of each word in it (with its space when that leads).
struct WalkText {
  std::string text;
  std::vector<std::array<std::size_t, 2>> range;
};

WalkText walk_text(const LooContext& context, const Vocabulary& vocabulary, bool leading_space,
                   int removed) {
  WalkText walk;
  for (std::size_t i = 0; i < context.nodes.size(); ++i) {
    if (static_cast<int>(i) == removed) continue;
    const std::size_t begin = walk.text.size();
    if (leading_space || begin > 0) walk.text += ' ';
    walk.text += vocabulary.words[static_cast<std::size_t>(context.nodes[i])];
    walk.range.push_back({begin, walk.text.size()});
  }
  return walk;
}

/// Token ids and the span of each word; the spans must cover all tokens, and each must read back as
/// its word.
LooTokens tokenize(const WalkText& walk, const Tokenizer& tokenizer, const std::string& where) {
  const Encoding encoding = tokenizer.encode(walk.text, false);
  LooTokens tokens{.ids = encoding.ids, .spans = {}};
  std::size_t next = 0;
  for (const auto& [begin, end] : walk.range) {
    Span span{.begin = static_cast<int>(next), .end = static_cast<int>(next)};
    while (next < encoding.ids.size() && encoding.offsets[next][0] >= begin &&
           encoding.offsets[next][1] <= end) {
      span.end = static_cast<int>(++next);
    }
    const std::vector<int> ids(tokens.ids.begin() + span.begin, tokens.ids.begin() + span.end);
    std::string read_back = tokenizer.decode(ids);
    const std::string wanted = walk.text.substr(begin, end - begin);
    const auto trimmed = [](std::string text) {
      const std::size_t first = text.find_first_not_of(' ');
      return first == std::string::npos ? std::string() : text.substr(first);
    };
    if (ids.empty() || trimmed(read_back) != trimmed(wanted)) {
      throw std::runtime_error(where + ": the word '" + trimmed(wanted) + "' tokenizes to '" +
                               read_back + "', expected the tokens of the word alone");
    }
    tokens.spans.push_back(span);
  }
  if (next != encoding.ids.size()) {
    throw std::runtime_error(where + ": " + std::to_string(encoding.ids.size() - next) +
                             " tokens belong to no word, expected the words to cover all");
  }
  return tokens;
}

/// Leaving a word out must take its tokens out and change no other.
void check_removals(const LooContext& context, const LooTokens& tokens,
                    const Vocabulary& vocabulary, bool leading_space, const Tokenizer& tokenizer,
                    const std::string& where) {
  for (const int position : context.removed) {
    const WalkText rest = walk_text(context, vocabulary, leading_space, position);
    const Span span = tokens.spans[static_cast<std::size_t>(position)];
    std::vector<int> ids = tokens.ids;
    ids.erase(ids.begin() + span.begin, ids.begin() + span.end);
    if (tokenizer.encode(rest.text, false).ids != ids) {
      throw std::runtime_error(where + ": without the word at position " +
                               std::to_string(position) +
                               " other words tokenize differently, expected the same tokens" +
                               (leading_space ? "" : " (try --leading-space true)"));
    }
  }
}

/// Refuses more words than the model has positions: a word has a token or more. To draw, encode and
/// check a long walk word by word before its tokens are counted can take hours.
void check_word_count(int words, Sink sink, const ModelConfig& config, const std::string& where) {
  const bool prefix = sink == Sink::prefix;
  if (words + (prefix ? 1 : 0) <= config.max_positions) return;
  throw std::runtime_error(where + ": " + std::to_string(words) + " words" +
                           (prefix ? " and the token before them" : "") +
                           ", expected at most the context length of the model, " +
                           std::to_string(config.max_positions));
}

/// BOS where the model has one, else its first end token.
int neutral_token(const ModelConfig& config) {
  if (config.bos) return static_cast<int>(*config.bos);
  if (!config.eos.empty()) return static_cast<int>(config.eos.front());
  throw std::runtime_error("--sink prefix: the model names no BOS and no end token");
}

ordered_json context_line(const LooContext& context, const LooTokens& tokens,
                          const Vocabulary& vocabulary, const std::string& text) {
  ordered_json spans = ordered_json::array();
  for (const Span& span : tokens.spans) spans.push_back({span.begin, span.end});
  return {{"id", context.id(vocabulary.name)},
          {"text", text},
          {"input_ids", tokens.ids},
          {"meta",
           {{"condition", vocabulary.name},
            {"n", context.n},
            {"trial", context.trial},
            {"seed", context.seed},
            {"nodes", context.nodes},
            {"removed", context.removed},
            {"bridge", bridge_positions(context.nodes, vocabulary.cluster)},
            {"adjacency", context.adjacency},
            {"spans", spans}}}};
}

void loo(LooOptions options, const std::string& command_line) {
  if (options.published) {
    options.n_trials = published_trials;
    std::cerr << "warning: " << published_warning << '\n';
  }
  const CheckedModel model = check_run(options.run);
  if (options.walks.empty()) {
    for (const int words : options.context_lengths) {
      check_word_count(words, options.sink, model.config, "--context-lengths");
    }
  }
  const LooWalks walks = choose_walks(options);
  for (const LooContext& context : walks.contexts) {
    const Vocabulary& vocabulary = walks.vocabularies[static_cast<std::size_t>(context.condition)];
    check_word_count(context.n, options.sink, model.config,
                     "context " + context.id(vocabulary.name));
  }
  const Tokenizer tokenizer = Tokenizer::open(options.run.model);
  const EmbeddedIds embedded(options.run.model, model.config.vocab);

  const std::string occurrence = choice_name(occurrences, options.occurrence);
  RunRequest request{.experiment = "loo",
                     .plan = {},
                     .row_formula = "a row is the mean over a word's occurrences (" + occurrence +
                                    ") of the mean over its tokens",
                     .row_space = "word",
                     .row_key = {"condition", "n", "trial", "removed", "word"},
                     .prompts_jsonl = "",
                     .options = {},
                     .details = {}};
  std::vector<int> layers = parse_layers(options.run.layers, static_cast<int>(model.config.layers));
  layers.insert(layers.begin(), -1);  // the embedding: what every layer is compared with
  request.plan.captures = {{.array = "word_rep", .hook = Hook::resid_post, .layers = layers}};

  for (const LooContext& context : walks.contexts) {
    const Vocabulary& vocabulary = walks.vocabularies[static_cast<std::size_t>(context.condition)];
    const std::string where = "context " + context.id(vocabulary.name);
    const WalkText walk = walk_text(context, vocabulary, options.leading_space, -1);
    LooTokens tokens = tokenize(walk, tokenizer, where);
    check_removals(context, tokens, vocabulary, options.leading_space, tokenizer, where);
    if (options.sink == Sink::prefix) {
      tokens.ids.insert(tokens.ids.begin(), neutral_token(model.config));
      for (Span& span : tokens.spans) span = {.begin = span.begin + 1, .end = span.end + 1};
    }
    embedded.check(tokens.ids, options.run.model, where);
    if (std::ssize(tokens.ids) > model.config.max_positions) {
      throw std::runtime_error(where + ": " + std::to_string(tokens.ids.size()) +
                               " tokens, expected at most the context length of the model, " +
                               std::to_string(model.config.max_positions));
    }
    request.plan.groups.push_back(loo_group(context, tokens, options.sink, options.occurrence));
    request.prompts_jsonl += context_line(context, tokens, vocabulary, walk.text).dump() + "\n";
  }

  std::vector<std::string> conditions;
  ordered_json described = ordered_json::array();
  for (const Vocabulary& vocabulary : walks.vocabularies) {
    conditions.push_back(vocabulary.name);
    described.push_back({{"name", vocabulary.name},
                         {"words", vocabulary.words},
                         {"cluster", vocabulary.cluster},
                         {"group", vocabulary.group}});
  }
  const bool own = options.walks.empty();
  request.options = {
      {"conditions", conditions},
      {"context_lengths", own ? ordered_json(options.context_lengths) : ordered_json()},
      {"n_trials", own ? ordered_json(options.n_trials) : ordered_json()},
      {"published", options.published},
      {"primary", choice_name(primaries, options.primary)},
      {"positions", options.positions},
      {"sink", choice_name(sinks, options.sink)},
      {"occurrence", occurrence},
      {"leading_space", options.leading_space},
      {"layers", options.run.layers},
      {"seed", options.run.seed},
      {"walks", own ? "own" : shard::sha256_file(options.walks)},
      {"graph", options.graph.empty() ? "random" : shard::sha256_file(options.graph)}};
  request.details = {{"loo", {{"conditions", described}}}};
  run(options.run, model, std::move(request), command_line);
}

}  // namespace

namespace {

/// Which walks.
void add_walk_flags(Flags& flags, LooOptions& options) {
  flags.add("--context-lengths", options.context_lengths, "words per context")
      .list()
      .between(2, 1000000)
      .with_default();
  flags.add("--n-trials", options.n_trials, "walks per length").between(1, 1000000).with_default();
  flags
      .add_switch("--published", options.published,
                  "draw as many walks as the published experiment: 5 per length; no sign-flip "
                  "p-value can be below 2/2^5 = 0.0625, and a t interval over 5 walks covers 0.83 "
                  "instead of 0.95 on skewed data")
      .excludes("--n-trials");
  std::vector<std::string> names = choice_names(vocabularies);
  names.emplace_back(shuffled_name);
  flags
      .add("--conditions", options.conditions,
           "semantic, unrelated (the same walks over words without relation), shuffled (the words "
           "of the first condition's walks in random order, so without the graph; bridges and "
           "anchors by the shuffled order); with --walks or --graph only shuffled has an effect")
      .list()
      .one_of(names)
      .with_default();
  flags.add("--walks", options.walks, "JSON file of walks to replay instead of drawing new ones")
      .existing_file()
      .excludes("--published");
  flags
      .add("--graph", options.graph,
           "JSON file with your own words, clusters, groups and adjacency")
      .existing_file()
      .excludes("--walks");
}

}  // namespace

Subcommand loo_subcommand(CLI::App& program) {
  const auto options = std::make_shared<LooOptions>();
  Flags flags(
      program, "loo",
      "Stores word representations of in-context walks, whole and with each word left out.\n"
      "example: extract loo --model datasets/models/walk --out run");
  add_run_options(flags, options->run);
  add_walk_flags(flags, *options);
  flags
      .add("--positions", options->positions,
           "positions to remove: default (all up to 20 words, else 10), all, spread:K")
      .with_default();
  flags.add_choice("--sink", options->sink, sinks,
                   "position 0: keep it, drop it from the representations, or put a neutral "
                   "token before it (prefix)");
  flags.add_choice("--occurrence", options->occurrence, occurrences,
                   "which occurrences of a word represent it");
  flags.add("--leading-space", options->leading_space, "put a space before the first word as well")
      .with_default();
  flags.add_choice("--primary", options->primary, primaries,
                   "name the one test that the run is to decide, of the first condition's longest "
                   "contexts in the last layer: bridges and anchors differ in ratio influence; the "
                   "ratio is above neighbour mixing's; the ratio is above that of permuted "
                   "clusters; all else is exploratory");
  return {.app = &flags.command(), .run = &options->run, .go = [options](const std::string& line) {
            loo(*options, line);
          }};
}

}  // namespace phiscope::extract
