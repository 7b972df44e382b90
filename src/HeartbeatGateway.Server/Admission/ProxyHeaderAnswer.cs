using System.Net;
using HeartbeatGateway.Protocol;

namespace HeartbeatGateway.Server.Admission;

/// <summary>What a PROXY header says.</summary>
/// <param name="Source">Whom the proxy speaks for; null for the proxy itself, or when it does not tell.</param>
/// <param name="Failure">How the connection ends; <see cref="CloseReason.None"/> when it goes on.</param>
/// <param name="Fault">What is wrong with the header; null when nothing is.</param>
internal readonly record struct ProxyHeaderAnswer(IPEndPoint? Source, CloseReason Failure, string? Fault)
{
    public static ProxyHeaderAnswer Unknown => default;

    public static ProxyHeaderAnswer From(IPEndPoint source) => new(source, CloseReason.None, null);

    public static ProxyHeaderAnswer Invalid(string fault) => new(null, CloseReason.ProxyInvalid, fault);

    public static ProxyHeaderAnswer Ended(CloseReason reason) => new(null, reason, null);
}
