using System.Net;

namespace HeartbeatGateway.EndToEnd.Tests;

/// <summary>How and where a gateway is started.</summary>
internal sealed record GatewayLaunch
{
    /// <summary>The command; the program as its users start it, unless a test puts something before it or hosts the service itself.</summary>
    public IReadOnlyList<string> Command { get; init; } = ["dotnet", Repository.GatewayDll];

    public IPAddress Address { get; init; } = IPAddress.Loopback;

    public int TcpPort { get; init; } = GatewayProcess.FreePort();

    public int HttpPort { get; init; } = GatewayProcess.FreePort();
}
