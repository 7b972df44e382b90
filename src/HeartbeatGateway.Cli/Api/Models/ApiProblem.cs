namespace HeartbeatGateway.Cli.Api.Models;

/// <summary>An error of the API (RFC 9457).</summary>
/// <param name="Detail">What is wrong and what to do.</param>
/// <param name="Code">A name for programs.</param>
internal sealed record ApiProblem(string? Detail, string? Code);
