namespace HeartbeatGateway.EndToEnd.Tests.Interop;

/// <summary>docs/clients.md must contain the tested programs unchanged.</summary>
public sealed class ClientsDocumentTests
{
    public static TheoryData<string> Languages => [.. ClientBuilds.Languages];

    [Theory, MemberData(nameof(Languages))]
    public async Task The_page_contains_the_tested_client(string language)
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "clients.md"), TestContext.Current.CancellationToken);
        var program = await File.ReadAllTextAsync(ClientBuilds.Source(language), TestContext.Current.CancellationToken);
        var fence = language switch { "node" => "js", _ => language };
        var shown = page.Split($"\n```{fence}\n").Skip(1).Select(rest => rest[..(rest.IndexOf("\n```\n", StringComparison.Ordinal) + 1)]);
        Assert.True(shown.Contains(program, StringComparer.Ordinal), $"docs/clients.md must show {Path.GetRelativePath(Repository.Root, ClientBuilds.Source(language))} word for word.");
    }
}
