// a2a-go of 0.3: JSON-RPC, whose error data it reads as an object.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/a2aproject/a2a-go/a2a"
	"github.com/a2aproject/a2a-go/a2aclient"
	"github.com/a2aproject/a2a-go/a2aclient/agentcard"
)

type stand struct {
	Agents  map[string]string `json:"agents"`
	Webhook string            `json:"webhook"`
}

func message(text string) *a2a.MessageSendParams {
	return &a2a.MessageSendParams{Message: a2a.NewMessage(a2a.MessageRoleUser, a2a.TextPart{Text: text})}
}

// What a stream tells: how many tasks, and its last state.
func follow(events func(func(a2a.Event, error) bool)) (tasks int, state a2a.TaskState, err error) {
	for event, failed := range events {
		if failed != nil {
			return tasks, state, failed
		}
		switch said := event.(type) {
		case *a2a.Task:
			tasks++
			state = said.Status.State
		case *a2a.TaskStatusUpdateEvent:
			state = said.Status.State
		}
	}
	return tasks, state, nil
}

func begin(ctx context.Context, client *a2aclient.Client) (a2a.TaskID, error) {
	for event, err := range client.SendStreamingMessage(ctx, message("wait 1500")) {
		if err != nil {
			return "", err
		}
		return event.TaskInfo().TaskID, nil
	}
	return "", errors.New("the stream told nothing")
}

func expect(holds bool, told string, values ...any) error {
	if holds {
		return nil
	}
	return fmt.Errorf(told, values...)
}

type check struct {
	name string
	run  func(context.Context, *a2aclient.Client) error
}

var at stand

var checks = []check{
	{"a message is answered", func(ctx context.Context, client *a2aclient.Client) error {
		answer, err := client.SendMessage(ctx, message("text"))
		if err != nil {
			return err
		}
		task, isTask := answer.(*a2a.Task)
		return expect(isTask && task.Status.State == a2a.TaskStateCompleted, "answered %v", answer)
	}},
	{"a stream ends as its task does", func(ctx context.Context, client *a2aclient.Client) error {
		tasks, state, err := follow(client.SendStreamingMessage(ctx, message("count 3")))
		if err != nil {
			return err
		}
		return expect(tasks == 1 && state == a2a.TaskStateCompleted, "%d tasks, %s", tasks, state)
	}},
	{"a subscription begins with the task once", func(ctx context.Context, client *a2aclient.Client) error {
		id, err := begin(ctx, client)
		if err != nil {
			return err
		}
		tasks, state, err := follow(client.ResubscribeToTask(ctx, &a2a.TaskIDParams{ID: id}))
		if err != nil {
			return err
		}
		return expect(tasks == 1 && state == a2a.TaskStateCompleted, "%d tasks, %s", tasks, state)
	}},
	{"errors have their names", func(ctx context.Context, client *a2aclient.Client) error {
		if _, err := client.GetTask(ctx, &a2a.TaskQueryParams{ID: "nope"}); !errors.Is(err, a2a.ErrTaskNotFound) {
			return fmt.Errorf("a task that there is not: %v", err)
		}
		answer, err := client.SendMessage(ctx, message("text"))
		if err != nil {
			return err
		}
		_, err = client.CancelTask(ctx, &a2a.TaskIDParams{ID: answer.TaskInfo().TaskID})
		return expect(errors.Is(err, a2a.ErrTaskNotCancelable), "a task that is over: %v", err)
	}},
	{"push configs are made and deleted", func(ctx context.Context, client *a2aclient.Client) error {
		id, err := begin(ctx, client)
		if err != nil {
			return err
		}
		config := a2a.PushConfig{ID: "mine", URL: at.Webhook}
		made, err := client.SetTaskPushConfig(ctx, &a2a.TaskPushConfig{TaskID: id, Config: config})
		if err != nil {
			return err
		}
		if made.Config.URL != at.Webhook {
			return fmt.Errorf("made %v", made)
		}
		return client.DeleteTaskPushConfig(ctx, &a2a.DeleteTaskPushConfigParams{TaskID: id, ConfigID: "mine"})
	}},
}

func everywhere(run func(context.Context, *a2aclient.Client) error) error {
	for _, agent := range []string{"both", "legacy", "current"} {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		card, err := agentcard.DefaultResolver.Resolve(ctx, at.Agents[agent])
		if err == nil {
			var client *a2aclient.Client
			if client, err = a2aclient.NewFromCard(ctx, card); err == nil {
				err = run(ctx, client)
			}
		}
		cancel()
		if err != nil {
			return fmt.Errorf("%s: %w", agent, err)
		}
	}
	return nil
}

func main() {
	if err := json.Unmarshal([]byte(os.Getenv("INTEROP_STAND")), &at); err != nil {
		panic(err)
	}
	for _, each := range checks {
		line := map[string]any{"check": each.name, "ok": true}
		if err := everywhere(each.run); err != nil {
			line["ok"], line["error"] = false, err.Error()
		}
		text, _ := json.Marshal(line)
		fmt.Println(string(text))
	}
}
