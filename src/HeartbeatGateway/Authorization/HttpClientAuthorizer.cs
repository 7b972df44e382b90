using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server.Clients;
using HeartbeatGateway.Shared.Logging;

namespace HeartbeatGateway.Authorization;

/// <summary>
/// Decides about clients by an authorization service: an answer that still holds, or a question. A bounded number is asked at a time, a bounded number waits, and
/// each question has a deadline. Without an answer the settings decide.
/// </summary>
internal sealed class HttpClientAuthorizer(
    AuthorizationOptions options, Func<ClientAuthorizationRequest, CancellationToken, Task<AuthorizationAnswer>> ask, AuthorizationMetrics metrics, TimeProvider timeProvider,
    ILogger<HttpClientAuthorizer> logger) : IClientAuthorizer, IDisposable
{
    private const int MaxWhyChars = 500;
    private const string CannotBeAsked = "whether this client may connect cannot be found out at the moment";

    private readonly AuthorizationCache _cache = new(options.CacheDuration, options.MaxCached, timeProvider);
    private readonly SemaphoreSlim _places = new(options.MaxConcurrent);
    private readonly LogThrottle _lines = new(timeProvider, burst: 1, perSecond: 1);
    private int _waiting;

    /// <summary>Questions that wait for their turn.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    public ValueTask<ClientAuthorization> AuthorizeAsync(ClientAuthorizationRequest request, CancellationToken cancellationToken)
    {
        if (!_cache.TryFind(request, out var known)) return new ValueTask<ClientAuthorization>(AskAsync(request, cancellationToken));
        metrics.Answered(known.IsAllowed, isCached: true);
        return new ValueTask<ClientAuthorization>(new ClientAuthorization(known.IsAllowed, known.Reason));
    }

    public void Dispose() => _places.Dispose();

    /// <summary>The deadline covers the wait for a turn: while the service hangs, each client is decided about in that time all the same.</summary>
    private async Task<ClientAuthorization> AskAsync(ClientAuthorizationRequest request, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.Timeout, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            if (!await _places.WaitAsync(0, CancellationToken.None) && !await TryWaitAsync(either.Token)) return Fail("more clients wait than Gateway:Authorization:MaxWaiting allows");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Fail(Late());
        }

        try
        {
            // The same client may have been asked about while this question waited.
            if (_cache.TryFind(request, out var known))
            {
                metrics.Answered(known.IsAllowed, isCached: true);
                return new ClientAuthorization(known.IsAllowed, known.Reason);
            }

            return await AskNowAsync(request, deadline.Token, either.Token, cancellationToken);
        }
        finally
        {
            _places.Release();
        }
    }

    private async Task<bool> TryWaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (Interlocked.Increment(ref _waiting) > options.MaxWaiting) return false;
            await _places.WaitAsync(cancellationToken);
            return true;
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private async Task<ClientAuthorization> AskNowAsync(ClientAuthorizationRequest request, CancellationToken deadline, CancellationToken either, CancellationToken cancellationToken)
    {
        var began = timeProvider.GetTimestamp();
        try
        {
            var answer = await ask(request, either);
            metrics.Took(timeProvider.GetElapsedTime(began));
            metrics.Answered(answer.IsAllowed, isCached: false);
            _cache.Add(request, answer);
            return new ClientAuthorization(answer.IsAllowed, answer.Reason);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // The connection has ended: no answer is needed.
            throw;
        }
        catch (Exception e)
        {
            metrics.Took(timeProvider.GetElapsedTime(began));
            return Fail(deadline.IsCancellationRequested ? Late() : e.Message);
        }
    }

    private string Late() => $"it did not answer within {options.Timeout.TotalSeconds:0.###} s, the wait for a turn included";

    private ClientAuthorization Fail(string why)
    {
        var isAllowed = options.OnFailure == AuthorizationFailurePolicy.Allow;
        metrics.Failed(isAllowed);
        if (_lines.Allows()) logger.AuthorizationFailed(PrintableText.From(why, MaxWhyChars), isAllowed ? "allowed" : "refused", _lines.TakeSuppressed());
        return new ClientAuthorization(isAllowed, isAllowed ? null : CannotBeAsked, MayRetry: !isAllowed);
    }
}
