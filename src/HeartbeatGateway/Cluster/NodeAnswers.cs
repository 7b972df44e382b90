using HeartbeatGateway.Server.Clusters;

namespace HeartbeatGateway.Cluster;

/// <summary>The answers of several nodes.</summary>
/// <typeparam name="T">The answer.</typeparam>
/// <param name="Answers">The nodes that answered.</param>
/// <param name="Incomplete">The names of the nodes that did not, and <see cref="NodeQuestions.UnknownNodes"/> while it is not known which there are.</param>
internal sealed record NodeAnswers<T>(IReadOnlyList<AnsweredBy<T>> Answers, IReadOnlyList<string> Incomplete);

/// <summary>An answer and the node that gave it.</summary>
/// <param name="Node">The node.</param>
/// <param name="Answer">The answer.</param>
internal sealed record AnsweredBy<T>(ClusterNode Node, T Answer);

/// <summary>The nodes that a request concerns.</summary>
/// <param name="IncludesSelf">This node is one of them.</param>
/// <param name="Others">The others.</param>
/// <param name="IsKnown">False while the directory cannot be reached: there may be others.</param>
internal sealed record NodeTargets(bool IncludesSelf, IReadOnlyList<ClusterNode> Others, bool IsKnown);
