using System.Net;
using HeartbeatGateway.Cli.Frames;
using HeartbeatGateway.Protocol.Tokens;

namespace HeartbeatGateway.Cli.Proxy;

/// <summary>The settings of a proxy.</summary>
internal sealed record ProxySettings
{
    /// <summary>Where devices connect; port 0 for any free port.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>The gateway's client endpoint.</summary>
    public required EndPoint Target { get; init; }

    /// <summary>The most connections at a time; further ones are reset.</summary>
    public required int MaxConnections { get; init; }

    /// <summary>How frames are checked, apart from their direction and the time.</summary>
    public required ExplainSettings Frames { get; init; }

    public int MaxContentBytes => Frames.MaxContentBytes;

    /// <summary>Explains one frame, or one sequence of other bytes, that passes now.</summary>
    public ExplainedPart Explain(ReadOnlySpan<byte> bytes, ProxyDirection direction, long now) => FrameExplainer.Explain(bytes, Frames with
    {
        Reader = direction == ProxyDirection.ToGateway ? TokenRole.Gateway : TokenRole.Client,
        Now = now,
        EnforceAge = true,
    })[0];
}
