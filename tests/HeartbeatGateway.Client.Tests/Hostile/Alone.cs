namespace HeartbeatGateway.Client.Tests.Hostile;

/// <summary>Tests in this collection run alone, because they measure the process.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
