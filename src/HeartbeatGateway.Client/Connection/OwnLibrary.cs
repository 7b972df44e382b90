using System.Reflection;
using HeartbeatGateway.Protocol.Identity;

namespace HeartbeatGateway.Client.Connection;

/// <summary>The name and version of this library, as hellos give them.</summary>
internal static class OwnLibrary
{
    private const string Name = "heartbeatgateway-dotnet";

    public static string Text { get; } = Of(typeof(OwnLibrary).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion);

    /// <param name="version">The version of the assembly; what follows a plus sign names a commit and is left out.</param>
    internal static string Of(string? version) => $"{Name}/{version?.Split('+')[0]}" is var text && ClientLibrary.IsValid(text) ? text : $"{Name}/unknown";
}
