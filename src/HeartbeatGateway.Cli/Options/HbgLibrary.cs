using System.Reflection;

namespace HeartbeatGateway.Cli.Options;

/// <summary>How hbg names itself in hellos, so that operators tell its connections from those of devices.</summary>
internal static class HbgLibrary
{
    public static string Text { get; } =
        $"hbg/{typeof(HbgLibrary).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown"}";
}
